"""What a synth costs, beside the same resources written by hand. Run with ./dev bench; nothing here is a timed test."""
