// Command robfig answers what robfig/cron makes of schedules: one JSON line for each on standard
// input.
//
// A question is {"spec", "from", "zone", "count"}: a schedule, a moment, the zone that is the local
// one of whoever asks, and how many runs after the moment are wanted. The answer is {"next"},
// with "never" where the search ends without one, or {"error"}, or {"panic"}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/robfig/cron/v3"
)

type question struct {
	Spec  string    `json:"spec"`
	From  time.Time `json:"from"`
	Zone  string    `json:"zone"`
	Count int       `json:"count"`
}

type answer struct {
	Next  []string `json:"next,omitempty"`
	Error string   `json:"error,omitempty"`
	Panic string   `json:"panic,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	answers := json.NewEncoder(out)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(respond(asked)); err != nil {
			log.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}

func respond(asked question) (given answer) {
	defer func() {
		if fault := recover(); fault != nil {
			given = answer{Panic: fmt.Sprint(fault)}
		}
	}()
	local, err := time.LoadLocation(asked.Zone)
	if err != nil {
		log.Fatal(err)
	}
	schedule, err := cron.ParseStandard(asked.Spec)
	if err != nil {
		return answer{Error: err.Error()}
	}
	at := asked.From.In(local)
	for len(given.Next) < asked.Count {
		at = schedule.Next(at)
		if at.IsZero() {
			given.Next = append(given.Next, "never")
			break
		}
		given.Next = append(given.Next, at.UTC().Format(time.RFC3339Nano))
	}
	return given
}
