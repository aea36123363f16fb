package main

import (
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	pingInterval = 5 * time.Minute
	// Consecutive read errors after which a connection counts as lost. A broken one fails all of them
	// at once, so any close, with any code, has this effect immediately.
	readErrorLimit = 5
)

// socket is one WebSocket connection to the gateway.
type socket struct {
	connection *websocket.Conn
	writeLock  sync.Mutex
}

// openRequest is the first message, as text.
type openRequest struct {
	MessageSchemaVersion string
	RequestId            string
	TokenValue           string
	ClientId             string
	ClientVersion        string
}

// dial opens the stream URL as it stands and presents the token. Nothing is read yet.
func dial(streamUrl, token string, clientId uuid) (*socket, error) {
	connection, _, err := websocket.DefaultDialer.Dial(streamUrl, nil)
	if err != nil {
		return nil, err
	}
	s := &socket{connection: connection}
	// The plugin pings from a goroutine of its own that may be ahead of the text frame. Here it always is.
	s.ping()
	go s.pingOn()
	request, err := json.Marshal(openRequest{
		MessageSchemaVersion: "1.0",
		RequestId:            newUuid().String(),
		TokenValue:           token,
		ClientId:             clientId.String(),
		ClientVersion:        settings.clientVersion,
	})
	if err == nil {
		err = s.write(websocket.TextMessage, request)
	}
	if err != nil {
		connection.Close()
		return nil, err
	}
	return s, nil
}

func (s *socket) send(frame []byte) error {
	if len(frame) == 0 {
		return errors.New("nothing to send")
	}
	return s.write(websocket.BinaryMessage, frame)
}

func (s *socket) write(kind int, data []byte) error {
	s.writeLock.Lock()
	defer s.writeLock.Unlock()
	return s.connection.WriteMessage(kind, data)
}

func (s *socket) ping() bool {
	return s.write(websocket.PingMessage, []byte("keepalive")) == nil
}

func (s *socket) pingOn() {
	for {
		time.Sleep(pingInterval)
		if !s.ping() {
			return
		}
	}
}

// read reads until the connection is lost, and says so once. A slow onFrame stops the reading.
func (s *socket) read(onFrame func([]byte), onLost func(error)) {
	errorCount := 0
	for {
		kind, frame, err := s.connection.ReadMessage()
		if err != nil {
			errorCount++
			if errorCount == readErrorLimit {
				onLost(err)
				return
			}
			continue
		}
		errorCount = 0
		if kind == websocket.BinaryMessage || kind == websocket.TextMessage {
			onFrame(frame)
		}
	}
}

// close drops the TCP connection; there is no closing frame.
func (s *socket) close() {
	s.connection.Close()
}
