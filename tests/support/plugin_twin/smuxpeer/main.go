// A peer for tests of the project's multiplexer: xtaci/smux itself, over stdin and stdout.
//
//	smuxpeer [flags] server-echo          returns every byte of every stream, then its end
//	smuxpeer [flags] server-greet         sends a greeting on every stream and closes it at once
//	smuxpeer [flags] client-load N BYTES  opens N streams at the same time, sends BYTES pseudo-random
//	                                      bytes on each and compares what comes back
//
// Leaves with 0 when its input ends (server) or when all came back (client), else with 1 and the
// reason on stderr. Flags change the configuration; the defaults are the library's, keep-alive off.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/xtaci/smux"
)

const greeting = "hello from the other side\n"

var (
	version      = flag.Int("version", 1, "smux version")
	frameBytes   = flag.Int("frame", 32768, "largest data of one frame, bytes")
	nopMs        = flag.Int("nop-ms", 0, "keep-alive: a NOP every so many ms; 0 turns keep-alive off")
	silenceMs    = flag.Int("silence-ms", 30000, "keep-alive: longest silence, ms")
	seed         = flag.Int64("seed", 1, "seed of the bytes that client-load sends")
	writeBytes   = flag.Int("write", 100000, "client-load: bytes handed to the library at a time")
	holdsStreams = flag.Bool("hold", false, "client-load: close no stream before all came back")
)

// pipes is the connection: the process's own input and output.
type pipes struct{}

func (pipes) Read(buffer []byte) (int, error)  { return os.Stdin.Read(buffer) }
func (pipes) Write(buffer []byte) (int, error) { return os.Stdout.Write(buffer) }
func (pipes) Close() error                     { return os.Stdout.Close() }

func main() {
	flag.Parse()
	// Whoever reads our output may go first; that is an error of the session, not the end of us.
	signal.Ignore(syscall.SIGPIPE)
	if err := run(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "smuxpeer:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) == 0 {
		return errors.New("wanted server-echo, server-greet or client-load")
	}
	switch arguments[0] {
	case "server-echo":
		return serve(func(stream *smux.Stream) error {
			_, err := io.Copy(stream, stream)
			return err
		})
	case "server-greet":
		return serve(func(stream *smux.Stream) error {
			_, err := stream.Write([]byte(greeting))
			return err
		})
	case "client-load":
		if len(arguments) != 3 {
			return errors.New("wanted client-load N BYTES")
		}
		streamCount, countErr := strconv.Atoi(arguments[1])
		byteCount, bytesErr := strconv.Atoi(arguments[2])
		if countErr != nil || bytesErr != nil {
			return errors.New("N and BYTES are numbers")
		}
		return load(streamCount, byteCount)
	}
	return fmt.Errorf("unknown mode %q", arguments[0])
}

func configuration() *smux.Config {
	config := smux.DefaultConfig()
	config.Version = *version
	config.MaxFrameSize = *frameBytes
	config.KeepAliveDisabled = *nopMs == 0
	config.KeepAliveInterval = time.Duration(*nopMs) * time.Millisecond
	config.KeepAliveTimeout = time.Duration(*silenceMs) * time.Millisecond
	return config
}

// serve answers each stream in a goroutine of its own until the input ends.
func serve(answer func(*smux.Stream) error) error {
	session, err := smux.Server(pipes{}, configuration())
	if err != nil {
		return err
	}
	for {
		stream, err := session.AcceptStream()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		go func() {
			if err := answer(stream); err != nil && !errors.Is(err, io.EOF) {
				fmt.Fprintf(os.Stderr, "smuxpeer: stream %d: %v\n", stream.ID(), err)
			}
			stream.Close()
		}()
	}
}

// load opens all streams before it closes any.
func load(streamCount, byteCount int) error {
	session, err := smux.Client(pipes{}, configuration())
	if err != nil {
		return err
	}
	streams := make([]*smux.Stream, streamCount)
	for i := range streams {
		if streams[i], err = session.OpenStream(); err != nil {
			return fmt.Errorf("open: %w", err)
		}
	}
	results := make(chan error, streamCount)
	for i, stream := range streams {
		go func(stream *smux.Stream, bytesSeed int64) {
			err := exchange(stream, bytesSeed, byteCount)
			if err == nil && !*holdsStreams {
				err = stream.Close()
			}
			results <- err
		}(stream, *seed+int64(i))
	}
	for range streams {
		if err := <-results; err != nil {
			return err
		}
	}
	if *holdsStreams {
		for _, stream := range streams {
			if err := stream.Close(); err != nil {
				return err
			}
		}
	}
	return nil
}

// exchange writes and reads at the same time, and compares.
func exchange(stream *smux.Stream, bytesSeed int64, byteCount int) error {
	sent := make([]byte, byteCount)
	rand.New(rand.NewSource(bytesSeed)).Read(sent)
	written := make(chan error, 1)
	go func() {
		for rest := sent; len(rest) > 0; {
			count := len(rest)
			if count > *writeBytes {
				count = *writeBytes
			}
			if _, err := stream.Write(rest[:count]); err != nil {
				written <- err
				return
			}
			rest = rest[count:]
		}
		written <- nil
	}()
	received := make([]byte, byteCount)
	if count, err := io.ReadFull(stream, received); err != nil {
		return fmt.Errorf("stream %d: %d of %d bytes came back: %w", stream.ID(), count, byteCount, err)
	}
	if err := <-written; err != nil {
		return fmt.Errorf("stream %d: %w", stream.ID(), err)
	}
	if !bytes.Equal(sent, received) {
		return fmt.Errorf("stream %d: other bytes came back", stream.ID())
	}
	return nil
}
