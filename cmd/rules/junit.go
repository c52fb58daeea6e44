package main

import (
	"encoding/xml"
	"io"
)

// The elements of a JUnit report that test reports in CI systems understand.
type (
	testSuites struct {
		XMLName  xml.Name    `xml:"testsuites"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Suites   []testSuite `xml:"testsuite"`
	}
	testSuite struct {
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Cases    []testCase `xml:"testcase"`
	}
	testCase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		File    string   `xml:"file,attr"`
		Line    int      `xml:"line,attr,omitempty"`
		Failure *failure `xml:"failure"`
	}
	failure struct {
		Message string `xml:"message,attr"`
	}
)

// writeJUnit writes a report with one suite a policy file.
func writeJUnit(w io.Writer, results []result) error {
	report := testSuites{Tests: len(results)}
	index := map[string]int{}
	for _, r := range results {
		i, known := index[r.File]
		if !known {
			i = len(report.Suites)
			index[r.File] = i
			report.Suites = append(report.Suites, testSuite{Name: r.File})
		}
		suite := &report.Suites[i]
		suite.Tests++
		test := testCase{Name: r.Name, Class: r.File, File: r.File, Line: r.Line}
		if !r.OK {
			report.Failures++
			suite.Failures++
			test.Failure = &failure{r.Message}
		}
		suite.Cases = append(suite.Cases, test)
	}
	io.WriteString(w, xml.Header)
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
