package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// api makes the two SSM calls that a running session needs. Credentials come from the environment
// alone; a named profile is not read.
type api struct{ arguments arguments }

// resumeSession returns the new token, or "" when the session has ended.
func (a api) resumeSession() (string, error) {
	answer, err := a.call("ResumeSession")
	return answer.TokenValue, err
}

func (a api) terminateSession() error {
	_, err := a.call("TerminateSession")
	return err
}

func (a api) call(operation string) (sessionGrant, error) {
	var answer sessionGrant
	if a.arguments.endpoint == "" {
		return answer, errors.New("no endpoint was given")
	}
	endpoint, err := url.Parse(a.arguments.endpoint)
	if err != nil {
		return answer, err
	}
	body, err := json.Marshal(map[string]string{"SessionId": a.arguments.grant.SessionId})
	if err != nil {
		return answer, err
	}
	endpoint.Path = "/"
	request, err := http.NewRequest(http.MethodPost, endpoint.String(), bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AmazonSSM."+operation)
	if err := sign(request, body, a.arguments.region); err != nil {
		return answer, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer, err
	}
	if response.StatusCode >= 400 {
		return answer, fmt.Errorf("%s: HTTP %d: %s", operation, response.StatusCode, text)
	}
	if json.Unmarshal(text, &answer) != nil {
		return answer, fmt.Errorf("%s: the answer is not JSON", operation)
	}
	return answer, nil
}

// sign adds Signature Version 4 for service `ssm`. The path is `/` and there is no query.
func sign(request *http.Request, body []byte, region string) error {
	keyId, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	if keyId == "" || secret == "" {
		return errors.New("no credentials in the environment")
	}
	stamp := time.Now().UTC().Format("20060102T150405Z")
	request.Header.Set("X-Amz-Date", stamp)
	// In the order of their names.
	signed := []string{"content-type", "host", "x-amz-date"}
	if token := os.Getenv("AWS_SESSION_TOKEN"); token != "" {
		request.Header.Set("X-Amz-Security-Token", token)
		signed = append(signed, "x-amz-security-token")
	}
	signed = append(signed, "x-amz-target")
	var headers strings.Builder
	for _, name := range signed {
		value := request.Header.Get(name)
		if name == "host" {
			value = request.URL.Host
		}
		headers.WriteString(name + ":" + value + "\n")
	}
	names := strings.Join(signed, ";")
	canonical := strings.Join([]string{request.Method, "/", "", headers.String(), names, hexDigest(body)}, "\n")
	scope := []string{stamp[:8], region, "ssm", "aws4_request"}
	toSign := strings.Join([]string{"AWS4-HMAC-SHA256", stamp, strings.Join(scope, "/"), hexDigest([]byte(canonical))}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range append(scope, toSign) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	request.Header.Set("Authorization", fmt.Sprintf(
		"AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x",
		keyId, strings.Join(scope, "/"), names, key))
	return nil
}

func hexDigest(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}
