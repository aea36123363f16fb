package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Offsets of the envelope. Integers are big-endian; the payload starts 4 bytes behind HeaderLength.
const (
	typeOffset          = 4
	schemaOffset        = 36
	createdOffset       = 40
	sequenceOffset      = 48
	flagsOffset         = 56
	idOffset            = 64
	digestOffset        = 80
	payloadTypeOffset   = 112
	payloadLengthOffset = 116
	payloadOffset       = 120

	typeBytes = schemaOffset - typeOffset
)

const (
	typeInput       = "input_stream_data"
	typeOutput      = "output_stream_data"
	typeAcknowledge = "acknowledge"
	typeClosed      = "channel_closed"
	typeStart       = "start_publication"
	typePause       = "pause_publication"
)

const (
	payloadOutput            uint32 = 1
	payloadHandshakeRequest  uint32 = 5
	payloadHandshakeResponse uint32 = 6
	payloadHandshakeComplete uint32 = 7
	payloadChallengeRequest  uint32 = 8
	payloadFlag              uint32 = 10
)

const (
	flagDisconnectToPort   uint32 = 1
	flagTerminateSession   uint32 = 2
	flagConnectToPortError uint32 = 3
)

type uuid [16]byte

func newUuid() uuid {
	var id uuid
	if _, err := rand.Read(id[:]); err != nil {
		panic(err)
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

func (id uuid) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

type message struct {
	messageType string
	created     uint64
	sequence    int64
	flags       uint64
	id          uuid
	payloadType uint32
	payload     []byte
}

// encode writes m with a fresh id and the present time.
func (m message) encode() []byte {
	id := newUuid()
	frame := make([]byte, payloadOffset, payloadOffset+len(m.payload))
	binary.BigEndian.PutUint32(frame, payloadLengthOffset)
	copy(frame[typeOffset:], m.messageType+strings.Repeat(" ", typeBytes-len(m.messageType)))
	binary.BigEndian.PutUint32(frame[schemaOffset:], 1)
	binary.BigEndian.PutUint64(frame[createdOffset:], uint64(time.Now().UnixMilli()))
	binary.BigEndian.PutUint64(frame[sequenceOffset:], uint64(m.sequence))
	binary.BigEndian.PutUint64(frame[flagsOffset:], m.flags)
	// The two halves of the id are swapped on the wire.
	copy(frame[idOffset:], id[8:])
	copy(frame[idOffset+8:], id[:8])
	digest := sha256.Sum256(m.payload)
	copy(frame[digestOffset:], digest[:])
	binary.BigEndian.PutUint32(frame[payloadTypeOffset:], m.payloadType)
	binary.BigEndian.PutUint32(frame[payloadLengthOffset:], uint32(len(m.payload)))
	return append(frame, m.payload...)
}

var errHeaderBeyondFrame = errors.New("HeaderLength reaches beyond the frame")

// decode reads and checks a frame. errHeaderBeyondFrame is the one error that the plugin does not
// survive; the others make it drop the frame.
func decode(frame []byte) (message, error) {
	var m message
	if len(frame) < payloadOffset {
		return m, fmt.Errorf("frame of %d bytes", len(frame))
	}
	headerLength := binary.BigEndian.Uint32(frame)
	if int64(headerLength)+4 > int64(len(frame)) {
		return m, errHeaderBeyondFrame
	}
	m.messageType = strings.TrimSpace(string(bytes.Trim(frame[typeOffset:schemaOffset], "\x00")))
	m.created = binary.BigEndian.Uint64(frame[createdOffset:])
	m.sequence = int64(binary.BigEndian.Uint64(frame[sequenceOffset:]))
	m.flags = binary.BigEndian.Uint64(frame[flagsOffset:])
	copy(m.id[8:], frame[idOffset:])
	copy(m.id[:8], frame[idOffset+8:digestOffset])
	m.payloadType = binary.BigEndian.Uint32(frame[payloadTypeOffset:])
	m.payload = frame[headerLength+4:]
	if m.messageType == typeStart || m.messageType == typePause {
		return m, nil
	}
	if headerLength == 0 || m.messageType == "" || m.created == 0 {
		return m, errors.New("HeaderLength, MessageType or CreatedDate is missing")
	}
	digest := sha256.Sum256(m.payload)
	hasPayload := binary.BigEndian.Uint32(frame[payloadLengthOffset:]) != 0
	if hasPayload && !bytes.Equal(digest[:], frame[digestOffset:payloadTypeOffset]) {
		return m, errors.New("wrong digest")
	}
	return m, nil
}
