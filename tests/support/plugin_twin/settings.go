package main

import (
	"os"
	"strconv"
	"time"
)

// settings come from the environment, see main.go.
var settings = struct {
	clientVersion  string
	rewritesLf     bool
	installDelay   time.Duration
	lateStoreEvery int64
	trace          bool
}{
	clientVersion:  stringSetting("PLUGIN_TWIN_CLIENT_VERSION", "1.2.677.0"),
	rewritesLf:     numberSetting("PLUGIN_TWIN_REWRITE_LF", 1) != 0,
	installDelay:   time.Duration(numberSetting("PLUGIN_TWIN_INSTALL_MS", 20)) * time.Millisecond,
	lateStoreEvery: numberSetting("PLUGIN_TWIN_LATE_STORE_EVERY", 0),
	trace:          numberSetting("PLUGIN_TWIN_TRACE", 0) != 0,
}

func stringSetting(name string, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func numberSetting(name string, fallback int64) int64 {
	value := os.Getenv(name)
	if value == "" {
		return fallback
	}
	number, err := strconv.ParseInt(value, 10, 64)
	if err != nil || number < 0 {
		fail(exitUsage, "%s is %q: not a number from 0 up", name, value)
	}
	return number
}
