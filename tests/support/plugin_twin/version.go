package main

import (
	"strconv"
	"strings"
)

// Agent versions that a feature needs to be above.
const (
	agentTerminatesByFlag   = "2.3.722.0"
	agentMultiplexes        = "3.0.196.0"
	agentDropsSmuxKeepAlive = "3.1.1511.0"
)

// isAbove reports whether version is strictly greater: part by part as numbers, both with as many
// parts. What cannot be compared so is not above.
func isAbove(version string, than string) bool {
	left, right := strings.Split(version, "."), strings.Split(than, ".")
	if len(left) != len(right) {
		return false
	}
	for i := range left {
		l, leftErr := strconv.ParseUint(left[i], 10, 64)
		r, rightErr := strconv.ParseUint(right[i], 10, 64)
		if leftErr != nil || rightErr != nil {
			return false
		}
		if l != r {
			return l > r
		}
	}
	return false
}
