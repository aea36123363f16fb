package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const incomingCapacity = 10_000

// Who looks at a frame before the reliability layer does.
const (
	gateOpen int32 = iota
	// The session's handler is being installed and is not there yet: any frame hits it.
	gateDeadly
	// Basic mode without a local connection: data is left alone, unacknowledged; the rest passes.
	gateIgnoresData
)

// receiver takes the in-order data of a running session. Not ready, or an error: the message is
// neither acknowledged nor counted, and the peer sends it again.
type receiver func(m message) (ready bool, err error)

// channel is the data channel: one socket at a time, and numbering that outlives sockets.
type channel struct {
	arguments arguments
	clientId  uuid
	api       api

	socketLock sync.Mutex
	socket     *socket

	sendLock sync.Mutex
	next     int64
	outgoing *outgoing

	// The reading goroutine's own.
	expected int64
	incoming map[int64]message
	start    sessionStart

	gate     int32
	receiver atomic.Value // of receiver
	started  chan sessionStart
}

func newChannel(arguments arguments) *channel {
	c := &channel{
		arguments: arguments,
		clientId:  newUuid(),
		api:       api{arguments: arguments},
		outgoing:  newOutgoing(),
		incoming:  map[int64]message{},
		started:   make(chan sessionStart, 1),
	}
	c.receiver.Store(receiver(c.receiveFirst))
	return c
}

// open connects with the first token, retrying as for a lost connection.
func (c *channel) open() error {
	return retry(func() error { return c.connect(c.arguments.grant.TokenValue) })
}

func (c *channel) connect(token string) error {
	s, err := dial(c.arguments.grant.StreamUrl, token, c.clientId)
	if err != nil {
		return err
	}
	c.socketLock.Lock()
	c.socket = s
	c.socketLock.Unlock()
	go s.read(c.handleFrame, c.handleLost)
	return nil
}

func (c *channel) currentSocket() *socket {
	c.socketLock.Lock()
	defer c.socketLock.Unlock()
	return c.socket
}

// sendData numbers, sends and then stores a message. One that cannot be sent is not counted.
func (c *channel) sendData(payloadType uint32, payload []byte) error {
	c.sendLock.Lock()
	defer c.sendLock.Unlock()
	if len(payload) == 1 && payload[0] == '\n' && settings.rewritesLf {
		payload = []byte{'\r'}
	}
	frame := message{
		messageType: typeInput,
		sequence:    c.next,
		payloadType: payloadType,
		payload:     payload,
	}.encode()
	sent := time.Now()
	trace("send %d type %d, %d bytes", c.next, payloadType, len(payload))
	if err := c.currentSocket().send(frame); err != nil {
		return err
	}
	if every := settings.lateStoreEvery; every > 0 && (c.next+1)%every == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	c.outgoing.store(&sentMessage{sequence: c.next, frame: frame, sent: sent})
	c.next++
	return nil
}

func (c *channel) sendFlag(flag uint32) error {
	return c.sendData(payloadFlag, binary.BigEndian.AppendUint32(nil, flag))
}

func (c *channel) acknowledge(m message) error {
	payload, err := json.Marshal(acknowledgement{m.messageType, m.id.String(), m.sequence, true})
	if err != nil {
		return err
	}
	return c.currentSocket().send(message{
		messageType: typeAcknowledge,
		flags:       3,
		payload:     payload,
	}.encode())
}

type acknowledgement struct {
	AcknowledgedMessageType           string
	AcknowledgedMessageId             string
	AcknowledgedMessageSequenceNumber int64
	IsSequentialMessage               bool
}

// repeat retransmits for as long as the process lives.
func (c *channel) repeat() {
	for range time.Tick(resendTick) {
		m := c.outgoing.overdue()
		if m == nil {
			continue
		}
		trace("repeat %d", m.sequence)
		if m.resends == resendLimit {
			if err := c.api.terminateSession(); err != nil {
				trace("TerminateSession: %v", err)
			}
		}
		if err := c.currentSocket().send(m.frame); err != nil {
			trace("repeat %d: %v", m.sequence, err)
		}
	}
}

func (c *channel) handleFrame(frame []byte) {
	gate := atomic.LoadInt32(&c.gate)
	if gate == gateDeadly {
		fail(exitEarlyFrame, "frame arrived before session handler was installed (%d bytes)", len(frame))
	}
	m, err := decode(frame)
	if errors.Is(err, errHeaderBeyondFrame) {
		fail(exitReadLoopKilled, "%v: the plugin stops reading here", err)
	}
	if err != nil {
		trace("dropped: %v", err)
		return
	}
	switch m.messageType {
	case typeOutput:
		if gate == gateIgnoresData {
			return
		}
		trace("receive %d type %d, %d bytes", m.sequence, m.payloadType, len(m.payload))
		if err := c.handleOutput(m); err != nil {
			trace("receive %d: %v", m.sequence, err)
		}
	case typeAcknowledge:
		var a acknowledgement
		if err := json.Unmarshal(m.payload, &a); err != nil {
			trace("dropped: %v", err)
			return
		}
		c.outgoing.acknowledge(a.AcknowledgedMessageSequenceNumber)
	case typeClosed:
		c.handleClosed(m)
	default:
		trace("ignored: %s", m.messageType)
	}
}

func (c *channel) handleOutput(m message) error {
	switch {
	case m.sequence < c.expected:
		return nil // no acknowledgement either
	case m.sequence > c.expected:
		if len(c.incoming) >= incomingCapacity {
			return nil
		}
		// Stored last, so that what cannot be acknowledged comes again.
		if err := c.acknowledge(m); err != nil {
			return err
		}
		c.incoming[m.sequence] = m
		return nil
	}
	if err := c.handleInOrder(m); err != nil || c.expected == m.sequence {
		return err
	}
	// What waited behind it goes straight to the receiver, whatever it is and whether that is ready.
	for {
		stored, isStored := c.incoming[c.expected]
		if !isStored {
			return nil
		}
		if _, err := c.receiver.Load().(receiver)(stored); err != nil {
			return err
		}
		delete(c.incoming, c.expected)
		c.expected++
	}
}

// handleInOrder leaves `expected` where it was when the message has to come again.
func (c *channel) handleInOrder(m message) error {
	switch m.payloadType {
	case payloadHandshakeRequest, payloadHandshakeComplete, payloadChallengeRequest:
		if err := c.acknowledge(m); err != nil {
			return err
		}
		c.expected++
		return c.handleHandshake(m)
	}
	ready, err := c.receiver.Load().(receiver)(m)
	if err != nil || !ready {
		return err
	}
	if err := c.acknowledge(m); err != nil {
		return err
	}
	c.expected++
	return nil
}

// receiveFirst is the receiver until a session type is known.
func (c *channel) receiveFirst(m message) (bool, error) {
	if m.payloadType == payloadOutput {
		fail(exitNotAPort, "a shell session: the stand-in carries ports only")
	}
	return true, nil
}

// receiveNothing is the receiver between the session type and the session's own handler.
func (c *channel) receiveNothing(message) (bool, error) {
	return false, nil
}

func (c *channel) handleClosed(m message) {
	var closed struct{ SessionId, Output string }
	if err := json.Unmarshal(m.payload, &closed); err != nil {
		trace("dropped: %v", err)
		return
	}
	if closed.Output == "" {
		fmt.Printf("\n\nExiting session with sessionId: %s.\n\n", closed.SessionId)
	} else {
		fmt.Printf("\n\nSessionId: %s : %s\n\n", closed.SessionId, closed.Output)
	}
	c.currentSocket().close()
	os.Exit(0)
}
