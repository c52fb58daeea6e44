package rules

import (
	"encoding/hex"
	"strconv"

	"github.com/mom-router/mom-router/internal/sha256"
)

// digest collects the canonical compiled form of a policy: the facts in a fixed
// order, each with its length in front so that no two policies read alike.
type digest struct{ form []byte }

func (d *digest) add(what string, values ...string) {
	d.part(what)
	d.form = append(strconv.AppendInt(d.form, int64(len(values)), 10), ';')
	for _, v := range values {
		d.part(v)
	}
}

func (d *digest) numbers(what string, values ...int64) {
	d.part(what)
	for _, v := range values {
		d.form = append(strconv.AppendInt(d.form, v, 10), ';')
	}
}

func (d *digest) part(s string) {
	d.form = append(strconv.AppendInt(d.form, int64(len(s)), 10), ':')
	d.form = append(d.form, s...)
}

// sum is the SHA-256 of the form in hexadecimal digits.
func (d *digest) sum() string {
	sum := sha256.Sum256(d.form)
	return hex.EncodeToString(sum[:])
}
