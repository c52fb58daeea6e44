// Command flow goes through its functions in all the ways that Go can: it is entered again behind its calls, from panics and on stacks that have moved.
package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

func main() {
	fmt.Println(collatz(27), grow(500, [16]int{1}), entered(3), entered(8), entered(-1))
	fmt.Println(recovered(1), recovered(0), recovered(7))
	fmt.Println(turns(), sieve(1000), words("the quick  brown\tfox\n jumps"), mended("x00y"))
	fmt.Println(selected(), deferred(), labels(9), strings.Repeat("ab", 3))
	var list []int
	for i := range 200 {
		list = append(list, i*7919%211)
	}
	slices.Sort(list)
	fmt.Println(list[:5], list[195:])
}

func collatz(n int) (steps int) {
	for ; n != 1; steps++ {
		if n%2 == 0 {
			n /= 2
			continue
		}
		n = 3*n + 1
	}
	return steps
}

// grow needs more stack with each call, so that frames that wait move.
func grow(n int, frame [16]int) int {
	sum := 0
	for i := range frame {
		if i == 3 && n > 0 {
			sum += grow(n-1, frame) % 1000
		}
		sum += frame[i]
	}
	return sum
}

// entered jumps into the middle of a loop, which has no one head then.
func entered(n int) (s string) {
	if n < 0 {
		goto out
	}
	if n > 5 {
		goto middle
	}
top:
	s += fmt.Sprint("t", n)
	n--
middle:
	s += fmt.Sprint("m", n)
	if n -= 2; n > 0 {
		if n%3 == 0 {
			goto middle
		}
		goto top
	}
out:
	return s + "."
}

func recovered(n int) (s string) {
	defer func() {
		if r := recover(); r != nil {
			s += fmt.Sprint("<", r, ">")
		}
	}()
	list := []int{1, 2, 3}
	for i := range 5 {
		func() {
			defer func() { s += fmt.Sprint(i) }()
			if i == 2 {
				s += fmt.Sprint(100 / n)
			}
		}()
		if n == 7 {
			s += fmt.Sprint(list[i])
		}
	}
	return s
}

// turns has goroutines wait for each other in loops.
func turns() string {
	ping, pong, done := make(chan int), make(chan int), make(chan string)
	go func() {
		var s strings.Builder
		for n := range ping {
			for range n {
				pong <- n * n
			}
			fmt.Fprint(&s, n)
		}
		done <- s.String()
	}()
	sum := 0
	for n := range 5 {
		ping <- n
		for range n {
			sum += <-pong
		}
	}
	close(ping)
	return fmt.Sprint(sum, " ", <-done)
}

func sieve(n int) (count int) {
	var out [1001]bool
outer:
	for i := 2; i <= n; i++ {
		if out[i] {
			continue outer
		}
		for j := i * i; j <= n; j += i {
			if out[j] && j%2 == 0 && i > 2 {
				continue
			}
			out[j] = true
		}
		if count++; count > 200 {
			break outer
		}
	}
	return count
}

func words(s string) (n int) {
	in := false
	for _, r := range s {
		switch r {
		case ' ', '\t', '\n':
			in = false
		default:
			if !in {
				n++
			}
			in = true
		}
	}
	return n
}

// mended has a loop whose condition is known when it begins, which the compiler enters behind it.
func mended(s string) string {
	at := len(s)
	if at > 0 && s[at-1] == 'y' {
		at--
		for at > 0 && s[at-1] == '0' {
			at--
		}
	}
	return s[:at]
}

func selected() string {
	var wait sync.WaitGroup
	var lock sync.Mutex
	a, b, sum := make(chan int, 1), make(chan int), 0
	for i := range 10 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for k := range 3 {
				select {
				case a <- i * k:
				case b <- i + k:
				}
			}
		}()
	}
	go func() { wait.Wait(); close(a) }()
	n := 0
	for open := true; open; {
		select {
		case _, open = <-a:
		case <-b:
		}
		lock.Lock()
		n++
		lock.Unlock()
	}
	return fmt.Sprint(n, sum)
}

func deferred() (s string) {
	for i := range 4 {
		defer func() {
			if s += fmt.Sprint(i); i == 2 {
				panic("again")
			}
			if i == 1 {
				recover()
			}
		}()
	}
	panic("first")
}

func labels(n int) (s int) {
loop:
	for i := 0; ; i++ {
		switch {
		case i > n:
			break loop
		case i%2 == 0:
			for j := i; j > 0; j-- {
				if j == 3 {
					continue loop
				}
				s += j
			}
			fallthrough
		default:
			s += 100
		}
	}
	return s
}
