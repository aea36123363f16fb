package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	chunkBytes = 1024
	// Pause of a sender after each chunk.
	chunkPause = time.Millisecond
)

// runSession opens the channel and carries the port session until the process leaves.
func runSession(arguments arguments) error {
	c := newChannel(arguments)
	if err := c.open(); err != nil {
		return fmt.Errorf("cannot open the data channel: %w", err)
	}
	go c.repeat()
	// No limit: the plugin waits for a handshake for ever.
	start := <-c.started
	switch {
	case start.isMux():
		return runMux(c, start)
	case start.isBasic():
		return runBasic(c, start)
	default:
		return runStdio(c)
	}
}

// setReceiver installs the session's handler and lets frames through to it.
func (c *channel) setReceiver(r receiver) {
	c.receiver.Store(r)
	atomic.StoreInt32(&c.gate, gateOpen)
}

// sendFrom carries bytes to the peer until `from` ends or the channel does.
func (c *channel) sendFrom(from io.Reader) error {
	buffer := make([]byte, chunkBytes)
	for {
		count, err := from.Read(buffer)
		if count > 0 {
			if sendErr := c.sendData(payloadOutput, buffer[:count]); sendErr != nil {
				return &sendError{sendErr}
			}
			time.Sleep(chunkPause)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// sendError is the channel's fault, not that of the bytes' source. It ends the session.
type sendError struct{ cause error }

func (e *sendError) Error() string { return "cannot send: " + e.cause.Error() }

func (e *sendError) Unwrap() error { return e.cause }

// listen opens the local end and says so.
func listen(c *channel, properties portProperties) (net.Listener, error) {
	sessionId := c.arguments.grant.SessionId
	if properties.LocalConnectionType == "unix" {
		listener, err := net.Listen("unix", properties.LocalUnixSocket)
		if err == nil {
			fmt.Printf("Unix socket %s opened for sessionId %s.\n", properties.LocalUnixSocket, sessionId)
		}
		return listener, err
	}
	port := properties.LocalPortNumber
	if port == "" {
		port = "0"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("localhost", port))
	if err != nil {
		return nil, err
	}
	opened := listener.Addr().(*net.TCPAddr).Port
	fmt.Printf("Port %d opened for sessionId %s.\n", opened, sessionId)
	fmt.Println("Waiting for connections...")
	return listener, nil
}

// leaveOnInterrupt runs `last` and leaves at once, without waiting for any answer.
func leaveOnInterrupt(c *channel, last func() error) {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP)
	go func() {
		<-interrupts
		fmt.Println("Terminate signal received, exiting.")
		if err := last(); err != nil {
			trace("leaving: %v", err)
		}
		c.currentSocket().close()
		os.Exit(0)
	}()
}
