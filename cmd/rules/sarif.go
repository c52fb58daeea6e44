package main

import (
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
)

// The members of a SARIF 2.1.0 log that code hosts show in pull requests. They are few: a library would bring 24 modules for them.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Help  sarifText `json:"help"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		Line   int `json:"startLine"`
		Column int `json:"startColumn"`
	}
)

// writeSARIF writes remarks as one log.
func writeSARIF(w io.Writer, diags []diagnostic) {
	run := sarifRun{Tool: sarifTool{sarifDriver{"mom-router rules", []sarifRule{}}}, Results: []sarifResult{}}
	var codes []string
	for _, d := range diags {
		codes = append(codes, d.Code)
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	for _, code := range codes {
		title, text := page(code)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{code, sarifText{title}, sarifText{text}})
	}
	for _, d := range diags {
		level := "error"
		if d.Severity == "warning" {
			level = "warning"
		}
		message := d.Message
		if d.Hint != "" {
			message += " (" + d.Hint + ")"
		}
		run.Results = append(run.Results, sarifResult{d.Code, slices.Index(codes, d.Code), level, sarifText{message},
			[]sarifLocation{{sarifPhysical{sarifArtifact{filepath.ToSlash(d.File)}, sarifRegion{max(d.Line, 1), max(d.Column, 1)}}}}})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	encoder.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}
