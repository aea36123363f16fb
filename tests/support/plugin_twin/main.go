// A stand-in for session-manager-plugin, for tests.
//
// This is NOT the plugin. It was written from the project's description of the data channel protocol
// (docs/protocol.md, which cites its sources) because the plugin is in no registry that a build
// machine can count on. It takes the plugin's place on PATH, so the AWS CLI launches it, and it is
// built on the libraries that the plugin itself vendors: gorilla/websocket and xtaci/smux. It copies
// the plugin's habits on the wire, its faults included, because a server has to live with those:
//
//   - the ping `keepalive` comes right after the upgrade, ahead of the first text frame
//   - numbers below the expected one are not acknowledged
//   - a message is stored after it was sent, so a quick acknowledgement can miss it
//   - only the oldest unacknowledged message is repeated, on every 100 ms tick once overdue
//   - a payload that is one single line feed leaves as a carriage return, whatever it belongs to
//   - a frame that arrives between HandshakeComplete and the mux handler is fatal
//   - it leaves by dropping the TCP connection, right behind the TerminateSession flag
//
// Where the plugin would hang for ever, the stand-in leaves with a status of its own and says why, so
// that a test fails with a reason. Ports only (mux, basic, stdio): a shell session is refused. When
// the real plugin is on PATH the tests run with it as well.
//
// Environment:
//
//	PLUGIN_TWIN_CLIENT_VERSION    ClientVersion and --version (1.2.677.0)
//	PLUGIN_TWIN_REWRITE_LF        0: leave a lone line feed alone (1)
//	PLUGIN_TWIN_INSTALL_MS        time from HandshakeComplete to the mux handler, at least (20)
//	PLUGIN_TWIN_LATE_STORE_EVERY  N: every Nth message is stored 5 ms after it was sent (0: never)
//	PLUGIN_TWIN_TRACE             1: one line on stderr for each message (0)
package main

import (
	"fmt"
	"os"
	"strings"
)

// Exit statuses for what makes the plugin hang or what the stand-in does not do. The plugin itself
// leaves with 0 in practically all cases.
const (
	exitUsage          = 1
	exitResumeFailed   = 95
	exitNotAPort       = 96
	exitEarlyFrame     = 97
	exitReadLoopKilled = 98
)

func main() {
	if len(os.Args) == 2 && (os.Args[1] == "--version" || os.Args[1] == "-v") {
		fmt.Println(settings.clientVersion)
		return
	}
	if len(os.Args) == 1 {
		fmt.Println("session-manager-plugin stand-in: run by the AWS CLI, see `aws ssm start-session`")
		return
	}
	arguments, err := parseArguments(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitUsage)
	}
	// On stdout, in every mode: also in front of an SSH server's first line.
	fmt.Printf("\nStarting session with SessionId: %s\n", arguments.grant.SessionId)
	if err := runSession(arguments); err != nil {
		fail(0, "session ended: %v", err)
	}
}

// fail says why on stderr and leaves at once, without telling the peer.
func fail(status int, format string, values ...any) {
	fmt.Fprintf(os.Stderr, "plugin twin: "+format+"\n", values...)
	os.Exit(status)
}

// trace tells what happens on the wire. Never given a token.
func trace(format string, values ...any) {
	if settings.trace {
		fmt.Fprintf(os.Stderr, "plugin twin: "+strings.TrimSuffix(format, "\n")+"\n", values...)
	}
}
