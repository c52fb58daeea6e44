// Package sdk holds what the official SDKs of OpenAI and Anthropic send: calls/ lists the calls, run makes them with the
// real SDKs, and recorded/ keeps the requests, one file for each version of an SDK. The tests here route the recordings;
// they need no SDK.
package sdk
