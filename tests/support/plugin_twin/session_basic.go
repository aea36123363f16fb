package main

import (
	"errors"
	"fmt"
	"net"
	"sync/atomic"
)

// runBasic carries one local connection after the other, for agents without multiplexing.
func runBasic(c *channel, start sessionStart) error {
	leaveOnInterrupt(c, func() error {
		if isAbove(start.agentVersion, agentTerminatesByFlag) {
			return c.sendFlag(flagTerminateSession)
		}
		return c.api.terminateSession()
	})
	listener, err := listen(c, start.properties)
	if err != nil {
		return err
	}
	var current atomic.Value // of net.Conn: the newest one, also after its end
	for isFirst := true; ; isFirst = false {
		local, err := listener.Accept()
		if err != nil {
			return err
		}
		fmt.Printf("\nConnection accepted for session [%s]\n", c.arguments.grant.SessionId)
		current.Store(local)
		if isFirst {
			// Until now every data message was ignored, and its sender repeats it. Whatever its type,
			// the payload goes to the connection.
			c.setReceiver(func(m message) (bool, error) {
				_, err := current.Load().(net.Conn).Write(m.payload)
				return true, err
			})
		}
		err = c.sendFrom(local)
		var lost *sendError
		if errors.As(err, &lost) {
			return err
		}
		if err := c.sendFlag(flagDisconnectToPort); err != nil {
			return err
		}
		local.Close()
	}
}
