package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

const grantVariablePrefix = "AWS_SSM_START_SESSION_RESPONSE"

// sessionGrant is the answer to StartSession and to ResumeSession.
type sessionGrant struct {
	SessionId  string
	StreamUrl  string
	TokenValue string
}

// arguments are what the AWS CLI hands over, by position: the StartSession answer (or the name of the
// environment variable that holds it), region, operation, profile, the StartSession request, endpoint.
// The last three are missing when a very old CLI calls.
type arguments struct {
	grant    sessionGrant
	region   string
	profile  string
	target   string
	endpoint string
}

func parseArguments(values []string) (arguments, error) {
	var parsed arguments
	if len(values) < 3 {
		return parsed, fmt.Errorf("wanted 3 to 6 arguments, found %d", len(values))
	}
	grantJson := values[0]
	if strings.HasPrefix(grantJson, grantVariablePrefix) {
		grantJson = os.Getenv(values[0])
		os.Unsetenv(values[0])
	}
	// No error text of the decoder: it could quote the token.
	if json.Unmarshal([]byte(grantJson), &parsed.grant) != nil {
		return parsed, errors.New("the StartSession response is not JSON")
	}
	if parsed.grant.SessionId == "" || parsed.grant.StreamUrl == "" || parsed.grant.TokenValue == "" {
		return parsed, errors.New("the StartSession response lacks SessionId, StreamUrl or TokenValue")
	}
	parsed.region = values[1]
	if values[2] != "StartSession" {
		return parsed, fmt.Errorf("unknown operation %q: wanted StartSession", values[2])
	}
	if len(values) > 3 {
		parsed.profile = values[3]
	}
	if len(values) > 4 {
		var request map[string]any
		if err := json.Unmarshal([]byte(values[4]), &request); err != nil {
			return parsed, fmt.Errorf("the StartSession request is not JSON: %w", err)
		}
		target, isString := request["Target"].(string)
		if !isString || target == "" {
			return parsed, errors.New("the StartSession request has no Target")
		}
		parsed.target = target
	}
	if len(values) > 5 {
		parsed.endpoint = values[5]
	}
	return parsed, nil
}
