package pii

import "github.com/mom-router/mom-router/rules/internal/charset"

// cardWords say that a number near them is a payment card's. A word begins with < if no letter may stand before it and ends with > if
// none may follow; the others are parts of compounds, or of languages that do not write spaces or that inflect.
var cardWords = [...]string{
	// English, and the networks' names everywhere
	"<card>", "<cards>", "<cardn", "<cardholder", "<creditcard", "<debitcard", "<bankcard", "<ccn", "<cc>", "<ccnum", "<cvv", "<cvc",
	"<visa>", "<mastercard", "<master card", "<maestro>", "<amex", "<american express", "<unionpay", "<union pay", "<diners", "<jcb>", "<rupay",
	"karte", "kartennummer", // German
	"<carte>", "<cartes>", // French
	"<tarjeta", "<targeta", // Spanish, Catalan
	"cartão", "cartao", "cartões", "CARTÃO", // Portuguese
	"<carta>",                                                                                          // Italian
	"kaart",                                                                                            // Dutch, Estonian
	"<kart",                                                                                            // Polish, Czech, Turkish, Indonesian
	"<kort>", "kortn", "<kortet", "itkort", "lkort", "nkkort", "gskort", "kortti", "kortin", "<kortel", // Nordic, Lithuanian
	"kártya", "kártyá", "kartya", "<cardul", // Hungarian, Romanian
	"κάρτα", "Κάρτα", "ΚΑΡΤΑ", "καρτα", "Καρτα", // Greek
	"карт", "Карт", "КАРТ", // Russian, Ukrainian, Bulgarian, Serbian
	"卡", "カード", "카드", // Chinese, Japanese, Korean
	"بطاق", "کارت", "כרטיס", // Arabic, Persian, Hebrew
	"कार्ड", "কার্ড", "บัตร", "thẻ", "Thẻ", // Hindi, Bengali, Thai, Vietnamese
}

// otherCards are the words before "card" that make another thing of it.
var otherCards = [...]string{"graphics", "graphic", "video", "sound", "memory", "network", "flash", "business", "sim", "score", "report", "post", "index"}

// cardWordAt chains the words by their first byte: the first one that begins with it, plus 1, and those behind.
var cardWordAt, cardWordNext = func() (at [256]uint8, next [len(cardWords)]uint8) {
	for i, w := range cardWords {
		c := w[0]
		if c == '<' {
			c = w[1]
		}
		c = charset.Lower(c)
		next[i] = at[c]
		at[c] = uint8(i) + 1
	}
	return at, next
}()

// nearCardWord reports whether a word for a card stands near p[i:end].
func nearCardWord(p []byte, i, end int) bool {
	return hasCardWord(p, max(0, i-cardContext), i) || hasCardWord(p, end, min(len(p), end+cardContext))
}

// hasCardWord reports whether a word for a card stands in p[from:to].
func hasCardWord(p []byte, from, to int) bool {
	for i := from; i < to; i++ {
		for k := cardWordAt[charset.Lower(p[i])]; k != 0; k = cardWordNext[k-1] {
			if cardWord(p, i, to, cardWords[k-1]) {
				return true
			}
		}
	}
	return false
}

func cardWord(p []byte, i, to int, w string) bool {
	if w[0] == '<' {
		if before := edge(p, i); isLetter(before) && !(before >= 'a' && p[i] < 'a') || before >= 0x80 && w[1] < 0x80 && letterBefore(p, i) {
			return false
		}
		w = w[1:]
	}
	whole := w[len(w)-1] == '>'
	if whole {
		w = w[:len(w)-1]
	}
	if i+len(w) > to {
		return false
	}
	for k := range len(w) {
		if charset.Lower(p[i+k]) != w[k] && p[i+k] != w[k] {
			return false
		}
	}
	end := i + len(w)
	if next := byteAt(p, end); whole && isLetter(next) && !(next < 'a' && p[end-1] >= 'a') {
		return false
	}
	return w != "card" || !otherCard(p, i)
}

// letterBefore reports whether what stands before p[i], and is not ASCII, is a letter of an alphabet with capitals: ö, я. Chinese writes no spaces.
func letterBefore(p []byte, i int) bool {
	c := byteAt(p, i-2)
	return c >= 0xC3 && c <= 0xD4
}

// otherCard reports whether the word before the one at p[i] makes it no payment card.
func otherCard(p []byte, i int) bool {
	for _, w := range otherCards {
		if k := i - 1 - len(w); k >= 0 && (p[i-1] == ' ' || p[i-1] == '-' || p[i-1] == '_') {
			n := 0
			for n < len(w) && charset.Lower(p[k+n]) == w[n] {
				n++
			}
			if n == len(w) {
				return true
			}
		}
	}
	return false
}
