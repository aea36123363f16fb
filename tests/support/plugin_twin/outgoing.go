package main

import (
	"sync"
	"time"
)

const (
	outgoingCapacity = 10_000
	resendTick       = 100 * time.Millisecond
	resendLimit      = 3_000
)

type sentMessage struct {
	sequence int64
	frame    []byte
	sent     time.Time
	resends  int
}

// outgoing holds what the peer has not acknowledged, oldest first.
type outgoing struct {
	lock      sync.Mutex
	messages  []*sentMessage
	roundTrip roundTrip
}

func newOutgoing() *outgoing {
	return &outgoing{roundTrip: newRoundTrip()}
}

// store is called after the frame went out. When full, the oldest is given up.
func (o *outgoing) store(m *sentMessage) {
	o.lock.Lock()
	defer o.lock.Unlock()
	if len(o.messages) == outgoingCapacity {
		o.messages = o.messages[1:]
	}
	o.messages = append(o.messages, m)
}

func (o *outgoing) acknowledge(sequence int64) {
	o.lock.Lock()
	defer o.lock.Unlock()
	for i, m := range o.messages {
		if m.sequence == sequence {
			o.roundTrip.sample(time.Since(m.sent))
			o.messages = append(o.messages[:i], o.messages[i+1:]...)
			return
		}
	}
	trace("acknowledgement of %d found nothing stored", sequence)
}

// overdue returns the head if it is older than the timeout. Its time of sending stays as it was, so
// that it is overdue again at every following tick.
func (o *outgoing) overdue() *sentMessage {
	o.lock.Lock()
	defer o.lock.Unlock()
	if len(o.messages) == 0 || time.Since(o.messages[0].sent) <= o.roundTrip.timeout {
		return nil
	}
	o.messages[0].resends++
	return o.messages[0]
}
