package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/xtaci/smux"
)

// runMux carries any number of local connections as smux streams. The multiplexer works on one end of
// a local socket; the other end's bytes are cut into messages with no regard to frames.
func runMux(c *channel, start sessionStart) error {
	installed := time.After(settings.installDelay)
	near, far, err := socketPair()
	if err != nil {
		return err
	}
	config := smux.DefaultConfig()
	config.KeepAliveDisabled = isAbove(start.agentVersion, agentDropsSmuxKeepAlive)
	session, err := smux.Client(near, config)
	if err != nil {
		return err
	}
	<-installed
	c.setReceiver(func(m message) (bool, error) { return true, receiveMux(m, far) })
	leaveOnInterrupt(c, func() error { return c.sendFlag(flagTerminateSession) })

	listener, err := listen(c, start.properties)
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	go func() { ended <- c.sendFrom(far) }()
	go func() { ended <- acceptMux(c, listener, session) }()
	if err := <-ended; err != nil {
		return err
	}
	return errors.New("the multiplexer closed: nothing heard in its keep-alive time")
}

// receiveMux writes to the multiplexer. A full local socket blocks here, and with it all reading.
func receiveMux(m message, far net.Conn) error {
	if m.payloadType == payloadFlag {
		if len(m.payload) == 4 && binary.BigEndian.Uint32(m.payload) == flagConnectToPortError {
			fmt.Printf("\nConnection to destination port failed.\n")
		}
		return nil
	}
	_, err := far.Write(m.payload)
	return err
}

func acceptMux(c *channel, listener net.Listener, session *smux.Session) error {
	isFirst := true
	for {
		local, err := listener.Accept()
		if err != nil {
			return err
		}
		if isFirst {
			fmt.Printf("\nConnection accepted for session [%s]\n", c.arguments.grant.SessionId)
			isFirst = false
		}
		stream, err := session.OpenStream()
		if err != nil {
			local.Close()
			return fmt.Errorf("cannot open a stream: %w", err)
		}
		go carry(stream, local)
		go carry(local, stream)
	}
}

// carry copies and then closes its destination, whole: there is no half-close. Closing a stream sends
// FIN and forgets it, which ends the copy of the other direction as well.
func carry(to io.WriteCloser, from io.Reader) {
	if _, err := io.Copy(to, from); err != nil {
		trace("connection: %v", err)
	}
	to.Close()
}

func socketPair() (near net.Conn, far net.Conn, err error) {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	if near, err = connectionOf(ends[0]); err != nil {
		return nil, nil, err
	}
	far, err = connectionOf(ends[1])
	return near, far, err
}

func connectionOf(descriptor int) (net.Conn, error) {
	file := os.NewFile(uintptr(descriptor), "multiplexer")
	defer file.Close() // the connection has a copy
	return net.FileConn(file)
}
