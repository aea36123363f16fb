package main

import (
	"math"
	"time"
)

const (
	smallestVariance = 10 * time.Millisecond
	largestTimeout   = time.Second
)

// roundTrip estimates the retransmission timeout from acknowledgements.
type roundTrip struct {
	smoothed  float64 // ns
	variation float64 // ns
	timeout   time.Duration
}

func newRoundTrip() roundTrip {
	return roundTrip{smoothed: float64(100 * time.Millisecond), timeout: 200 * time.Millisecond}
}

func (r *roundTrip) sample(value time.Duration) {
	r.variation = r.variation*3/4 + math.Abs(r.smoothed-float64(value))/4
	r.smoothed = r.smoothed*7/8 + float64(value)/8
	r.timeout = time.Duration(r.smoothed + math.Max(float64(smallestVariance), 4*r.variation))
	if r.timeout > largestTimeout {
		r.timeout = largestTimeout
	}
}
