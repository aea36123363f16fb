package main

import "os"

// runStdio carries standard input and output, for SSH. At the end of the input it leaves without a
// word to the peer.
func runStdio(c *channel) error {
	c.setReceiver(func(m message) (bool, error) {
		_, err := os.Stdout.Write(m.payload)
		return true, err
	})
	if err := c.sendFrom(os.Stdin); err != nil {
		return err
	}
	c.currentSocket().close()
	os.Exit(0)
	return nil
}
