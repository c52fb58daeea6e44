package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

var columns = []string{"request", "decision", "model", "cluster", "reasoning", "flags", "us"}

// widths are for a table that is printed while it grows; longer values push the line out.
var widths = []int{24, 20, 18, 26, 9, 16, 7}

func (o outcome) cells() []string {
	decision, flags := o.Decision, strings.Join(o.Flags, ",")
	switch {
	case o.Error != "":
		decision = "error: " + o.Error
	case decision == "" || o.Status != 200:
		decision = strings.TrimSpace(decision + " (" + strconv.Itoa(o.Status) + ")")
	}
	cells := []string{o.name, decision, o.Model, o.Cluster, o.Reasoning, flags, strconv.FormatInt(o.elapsed.Microseconds(), 10)}
	for i := range cells {
		if cells[i] == "" {
			cells[i] = "-"
		}
	}
	return cells
}

// printTable prints outcomes in columns that fit them.
func printTable(w io.Writer, outcomes []outcome) {
	rows := [][]string{columns}
	for _, o := range outcomes {
		rows = append(rows, o.cells())
	}
	fit := make([]int, len(columns))
	for i, row := range rows {
		for j, cell := range row {
			if i == 0 || outcomes[i-1].Error == "" || j != 1 {
				fit[j] = max(fit[j], utf8.RuneCountInString(cell))
			}
		}
	}
	for _, row := range rows {
		printRow(w, row, fit)
	}
}

// printRow aligns to the left, the last column to the right.
func printRow(w io.Writer, cells []string, widths []int) {
	var b strings.Builder
	last := len(cells) - 1
	for i, cell := range cells {
		pad := strings.Repeat(" ", max(widths[i]-utf8.RuneCountInString(cell), 0))
		if i == last {
			b.WriteString(pad + cell)
		} else {
			b.WriteString(cell + pad + "  ")
		}
	}
	fmt.Fprintln(w, b.String())
}
