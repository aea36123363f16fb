package main

import (
	"fmt"
	"math/rand"
	"os"
	"time"
)

const retryCount = 5

// firstRetryDelay is drawn once in a process.
var firstRetryDelay = time.Duration(100+rand.New(rand.NewSource(time.Now().UnixNano())).Intn(100)) *
	time.Millisecond

// retry tries at once and then five times more, each delay twice the one before.
func retry(try func() error) error {
	delay := firstRetryDelay
	for attempt := 0; ; attempt++ {
		err := try()
		if err == nil || attempt == retryCount {
			return err
		}
		trace("attempt %d: %v", attempt, err)
		time.Sleep(delay)
		delay *= 2
	}
}

// handleLost resumes the session: new token, same client id, same numbers and, as in this version of
// the plugin, the old stream URL.
func (c *channel) handleLost(cause error) {
	trace("connection lost: %v", cause)
	err := retry(func() error {
		token, err := c.api.resumeSession()
		if err != nil {
			return err
		}
		if token == "" {
			fmt.Printf("\nSession: %s timed out.\n", c.arguments.grant.SessionId)
			os.Exit(0)
		}
		c.currentSocket().close()
		return c.connect(token)
	})
	if err != nil {
		fail(exitResumeFailed, "cannot resume the session: %v", err)
	}
}
