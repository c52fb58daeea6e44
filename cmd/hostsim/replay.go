package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/requests"
)

// ticket is one line on its way: read, routed by some worker, printed in its turn.
type ticket struct {
	line   requests.Line
	done   chan struct{}
	text   []byte // what to print
	failed bool
	wrong  error // why the line is no request
}

func replayCommand(s streams) *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "replay [flags] FILE",
		Short: "Route one request a line, on all processors",
		Long: `replay sends one request a line ("-" is standard input; .gz is unpacked) through the module, on all processors, and prints what became
of each in the order of the input. A million lines take bounded memory. Ctrl-C ends it after the lines that are under way.

Exit code: 0 every line is answered, by a denial too; 1 a line is no request or gets no answer, 2 the command cannot run.`,
		Example: cli.Examples("hostsim replay --json --upstream-request requests.jsonl", "zcat requests.jsonl.gz | hostsim replay --format prompts -"),
	}
	o.add(c)
	c.RunE = cli.Action(func(files []string) int {
		// As long as nothing runs, an interrupt ends everything at once.
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		defer signal.Stop(signals)
		return o.replay(files, s, signals)
	})
	return cli.EndsByItself(c, "")
}

func (o *options) replay(files []string, s streams, signals <-chan os.Signal) int {
	if err := o.check(); err != nil {
		return s.fail(err)
	}
	if len(files) != 1 {
		return s.fail(errors.New("replay takes one FILE with a request a line (- for standard input)"))
	}
	o.files = files
	in, size, err := openInput(files[0], s)
	if err != nil {
		return s.fail(err)
	}
	defer in.Close()
	lab, err := o.open(s)
	if err != nil {
		return s.fail(err)
	}
	out, done := o.output.Open(s.Out)
	s.Out = out
	code, err := replayAll(in, size, lab, o, s, signals)
	done()
	if err != nil {
		return s.fail(err)
	}
	return code
}

// openInput opens the requests. Their size is 0 where it is not known.
func openInput(name string, s streams) (in io.ReadCloser, size int64, err error) {
	if in, err = s.Open(name); err != nil {
		return nil, 0, fmt.Errorf("read the requests: %w", err)
	}
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			size = info.Size()
		}
	}
	return in, size, nil
}

// replayAll routes every line on as many workers as there are processors and prints in the order of
// the input. Lines in flight are bounded in number and in bytes, so memory is, too. After a signal no more are read.
func replayAll(in io.Reader, size int64, lab *lab, o *options, s streams, signals <-chan os.Signal) (int, error) {
	runners := make([]*runner, runtime.GOMAXPROCS(0))
	for i := range runners {
		runners[i] = &runner{lab: lab, upstream: o.upstream}
		defer runners[i].close()
	}
	// The first worker shows whether the module takes its configuration; the others start with work.
	if err := runners[0].start(); err != nil {
		return 0, err
	}
	reader, err := openLines(in, o.format, signals)
	switch {
	case errors.Is(err, errInterrupted):
		fmt.Fprintln(s.Err, "hostsim: interrupted before there was a line")
		return cli.Interrupted, nil
	case err != nil:
		return 0, fmt.Errorf("read the requests: %w", err)
	}
	if reader.Packed {
		size = 0 // which says nothing of how many bytes there will be
	}
	order := make(chan *ticket, 32*len(runners))
	todo := make(chan *ticket, cap(order)) // a worker need not wait for the reader's turn
	room := newBudget(128 << 20)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for _, r := range runners {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for t := range todo {
				r.handle(t, o.output.Data())
			}
		}()
	}
	var readErr error
	go func() {
		defer close(order)
		defer close(todo)
		readErr = readTickets(reader, todo, order, room, stop, signals)
	}()
	code, err := printTickets(order, size, room, o, s)
	if err != nil {
		close(stop)
		for t := range order { // let the workers finish
			<-t.done
			room.give(len(t.line.Text))
		}
	}
	wg.Wait()
	if err == nil {
		err = readErr
	}
	if errors.Is(err, errInterrupted) {
		fmt.Fprintf(s.Err, "hostsim: %v: what is printed is whole\n", err)
		return cli.Interrupted, nil
	}
	return code, err
}

var errInterrupted = errors.New("interrupted")

// openLines looks at the first bytes, for which it waits, unless a signal comes.
func openLines(in io.Reader, format string, signals <-chan os.Signal) (*requests.Lines, error) {
	var lines *requests.Lines
	var err error
	opened := make(chan struct{})
	go func() {
		defer close(opened)
		lines, err = requests.NewLines(in, format)
	}()
	select {
	case <-opened:
		return lines, err
	case <-signals:
		return nil, errInterrupted
	}
}

// readTickets reads up to the end, to a signal, or until nobody prints any more.
func readTickets(reader *requests.Lines, todo, order chan<- *ticket, room *budget, stop <-chan struct{}, signals <-chan os.Signal) error {
	// Who waits for a line of standard input cannot be interrupted; it is left waiting.
	type read struct {
		line requests.Line
		err  error
	}
	lines, over := make(chan read), make(chan struct{})
	defer close(over)
	go func() {
		for {
			line, err := reader.Next()
			select {
			case lines <- read{line, err}:
			case <-over:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	for {
		var next read
		select {
		case <-stop:
			return nil
		case <-signals:
			signal.Reset(os.Interrupt, syscall.SIGTERM) // another one ends the process, whatever a module does
			return errInterrupted
		case next = <-lines:
		}
		if errors.Is(next.err, io.EOF) {
			return nil
		}
		if next.err != nil {
			return fmt.Errorf("read the requests: %w", next.err)
		}
		room.take(len(next.line.Text))
		t := &ticket{line: next.line, done: make(chan struct{})}
		order <- t
		todo <- t
	}
}

// mostWrong is how many wrong lines are told.
const mostWrong = 20

// handle routes a ticket's line. Made-up request ids count the lines, so they are the same in every run.
func (r *runner) handle(t *ticket, asJSON bool) {
	defer close(t.done)
	j := job{name: strconv.Itoa(t.line.Number)}
	j.req, j.err = sent(t.line.Request())
	t.wrong = j.err
	j.req.Headers = withID(j.req.Headers, t.line.Number)
	o := r.do(j)
	t.failed = o.Error != ""
	if asJSON {
		t.text = append(o.appendJSON(make([]byte, 0, 256+2*len(o.Record)+len(o.Upstream))), '\n')
		return
	}
	var row rowBuffer
	printRow(&row, o.cells(), widths)
	t.text = row
}

type rowBuffer []byte

func (b *rowBuffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

func withID(fields []hostsim.Field, n int) []hostsim.Field {
	for _, f := range fields {
		if strings.EqualFold(f.Name, "x-request-id") {
			return fields
		}
	}
	id := []byte("00000000-0000-4000-8000-000000000000")
	for i := len(id) - 1; n > 0; i-- {
		id[i] = "0123456789abcdef"[n&15]
		n >>= 4
	}
	return append(fields, hostsim.Field{Name: "x-request-id", Value: string(id)})
}

func printTickets(order <-chan *ticket, size int64, room *budget, o *options, s streams) (int, error) {
	out := bufio.NewWriterSize(s.Out, 256<<10)
	bar := cli.NewProgress(s.Streams, "requests", size)
	defer bar.Clear()
	count, read := int64(0), int64(0)
	if !o.output.Data() {
		printRow(out, columns, widths)
	}
	code, failed, wrong := exitOK, 0, 0
	for t := range order {
		select {
		case <-t.done:
		default:
			// Nothing is ready: show what there is, then wait.
			if err := out.Flush(); err != nil {
				return code, err
			}
			<-t.done
		}
		if t.failed {
			code = exitNo
			failed++
		}
		if t.wrong != nil {
			if wrong++; wrong <= mostWrong {
				bar.Clear()
				fmt.Fprintf(s.Err, "%s:%d: %s\n", o.files[0], t.line.Number, t.wrong)
			}
		}
		_, err := out.Write(t.text)
		count, read = count+1, read+int64(len(t.line.Text))+1
		if count%64 == 0 {
			bar.Show(count, read)
		}
		room.give(len(t.line.Text))
		if err != nil {
			return code, err
		}
	}
	if err := out.Flush(); err != nil {
		return code, err
	}
	if failed > 0 {
		bar.Clear()
		no := ""
		if wrong > 0 {
			no = fmt.Sprintf(", %d of them lines that are no request", wrong)
		}
		fmt.Fprintf(s.Err, "hostsim: requests without an answer: %d%s (see \"error\" in the output)\n", failed, no)
	}
	return code, nil
}
