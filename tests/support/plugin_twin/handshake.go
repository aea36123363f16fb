package main

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
)

const (
	actionSucceeded = 1
	actionFailed    = 2
	// Also what an unknown action gets as its result, beside status 0.
	actionUnsupported = 3
)

type handshakeRequest struct {
	AgentVersion           string
	RequestedClientActions []struct {
		ActionType       string
		ActionParameters json.RawMessage
	}
}

type processedAction struct {
	ActionType   string
	ActionStatus int
	ActionResult any
	Error        string
}

type handshakeResponse struct {
	ClientVersion          string
	ProcessedClientActions []processedAction
	Errors                 []string
}

// portProperties are the document's, echoed by the agent. All strings, ports included.
type portProperties struct {
	PortNumber          string `json:"portNumber"`
	LocalPortNumber     string `json:"localPortNumber"`
	LocalUnixSocket     string `json:"localUnixSocket"`
	LocalConnectionType string `json:"localConnectionType"`
	Type                string `json:"type"`
}

// sessionStart is what the handshake settles.
type sessionStart struct {
	agentVersion string
	sessionType  string
	properties   portProperties
}

func (s sessionStart) isMux() bool {
	return s.properties.Type == "LocalPortForwarding" && isAbove(s.agentVersion, agentMultiplexes)
}

func (s sessionStart) isBasic() bool {
	return s.properties.Type == "LocalPortForwarding" && !s.isMux()
}

func (c *channel) handleHandshake(m message) error {
	switch m.payloadType {
	case payloadHandshakeRequest:
		return c.handleHandshakeRequest(m.payload)
	case payloadHandshakeComplete:
		return c.handleHandshakeComplete(m.payload)
	}
	return fmt.Errorf("payload type %d: only for encrypted sessions, which ports never are", m.payloadType)
}

func (c *channel) handleHandshakeRequest(payload []byte) error {
	var request handshakeRequest
	if err := json.Unmarshal(payload, &request); err != nil {
		return err
	}
	c.start.agentVersion = request.AgentVersion
	response := handshakeResponse{ClientVersion: settings.clientVersion}
	for _, action := range request.RequestedClientActions {
		processed := processedAction{ActionType: action.ActionType, ActionStatus: actionSucceeded}
		switch action.ActionType {
		case "SessionType":
			if err := c.handleSessionType(action.ActionParameters); err != nil {
				processed.ActionStatus = actionFailed
				processed.Error = fmt.Sprintf("Failed to process action SessionType: %s", err)
				response.Errors = append(response.Errors, err.Error())
			}
		case "KMSEncryption":
			err := "the stand-in has no encryption"
			processed.ActionStatus = actionFailed
			processed.Error = fmt.Sprintf("Failed to process action KMSEncryption: %s", err)
			response.Errors = append(response.Errors, err)
		default:
			processed.ActionStatus = 0
			processed.ActionResult = actionUnsupported
			processed.Error = fmt.Sprintf("Unsupported action %s", action.ActionType)
			response.Errors = append(response.Errors, processed.Error)
		}
		response.ProcessedClientActions = append(response.ProcessedClientActions, processed)
	}
	encoded, err := json.Marshal(response)
	if err != nil {
		return err
	}
	return c.sendData(payloadHandshakeResponse, encoded)
}

func (c *channel) handleSessionType(parameters json.RawMessage) error {
	var requested struct {
		SessionType string
		Properties  portProperties
	}
	if err := json.Unmarshal(parameters, &requested); err != nil {
		return err
	}
	switch requested.SessionType {
	case "Port", "Standard_Stream", "InteractiveCommands", "NonInteractiveCommands":
		c.start.sessionType = requested.SessionType
		c.start.properties = requested.Properties
		c.receiver.Store(receiver(c.receiveNothing))
		return nil
	}
	return fmt.Errorf("Unknown session type %s", requested.SessionType)
}

func (c *channel) handleHandshakeComplete(payload []byte) error {
	var complete struct{ CustomerMessage string }
	if err := json.Unmarshal(payload, &complete); err != nil {
		return err
	}
	if complete.CustomerMessage != "" {
		fmt.Println(complete.CustomerMessage)
	}
	if c.start.sessionType != "Port" {
		fail(exitNotAPort, "session type %q: the stand-in carries ports only", c.start.sessionType)
	}
	// The session takes over the frames now, and its parts come a moment later.
	switch {
	case c.start.isMux():
		atomic.StoreInt32(&c.gate, gateDeadly)
	case c.start.isBasic():
		atomic.StoreInt32(&c.gate, gateIgnoresData)
	}
	c.started <- c.start
	return nil
}
