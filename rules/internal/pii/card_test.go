package pii

import (
	"math/rand"
	"strconv"
	"strings"
	"testing"
)

const testCards Kinds = Card | CardLike

func TestACardIsToldFromWhatOnlyLooksLikeOne(t *testing.T) {
	for text, want := range map[string]Kinds{
		// Printed groups, whatever stands between them.
		"4111 1111 1111 1111":                testCards,
		"4111  1111   1111 1111":             testCards,
		"4111\n1111\n1111\n1111":             testCards,
		"4111\r\n1111\r\n1111\r\n1111":       testCards,
		`4111\n1111\n1111\n1111`:             testCards,
		`\n4111 1111 1111 1111\t`:            testCards,
		"4111\t1111\t1111\t1111":             testCards,
		"4111/1111/1111/1111":                testCards,
		"4111_1111_1111_1111":                testCards,
		"4111.1111.1111.1111":                testCards,
		"4111 - 1111 - 1111 - 1111":          testCards,
		"4111-1111 1111_1111":                testCards,
		"4111|1111|1111|1111":                testCards,
		"4111\u00a01111\u00a01111\u00a01111": testCards,
		"4111–1111–1111–1111":                testCards,
		"4111·1111·1111·1111":                testCards,
		"4111😀1111😀1111😀1111":                testCards,
		"4111　1111　1111　1111":                testCards,
		`"4111","1111","1111","1111"`:        testCards,
		"3782 822463 10005":                  testCards,
		"3056 930902 5904":                   testCards,
		"6759 6498 2643 8453":                testCards, // Maestro
		"6304 0000 0000 0000 000":            testCards, // of 19 digits
		"4222 222 222 222":                   testCards, // of 13
		"2200 1234 5678 9019":                testCards, // Mir
		// What stands around never makes it less.
		"order 4111 1111 1111 1111":               testCards,
		"tracking id: 4111-1111-1111-1111.":       testCards,
		"4111 1111 1111 1111 12/27 123":           testCards,
		"4111 1111 1111 1111 123":                 testCards,
		"4111 1111 1111 1111 2027":                testCards,
		"1. 4111 1111 1111 1111":                  testCards,
		"17 4111 1111 1111 1111":                  testCards,
		"4111 1111 1111 1111 5555 5555 5555 4444": CardLike, // a table
		"(4111 1111 1111 1111)":                   testCards,
		"$4111 1111 1111 1111":                    testCards,
		// A bare number is one only near a word for one.
		"4111111111111111":                             CardLike,
		"id_4111111111111111":                          CardLike,
		"x=4111111111111111;":                          CardLike,
		"order 4111111111111111":                       CardLike,
		"the graphics card 4111111111111111":           CardLike,
		"discard 4111111111111111, a cardinal number":  CardLike,
		"my card is 4111111111111111":                  testCards,
		"4111111111111111 is my CARD":                  testCards,
		`{"cardNumber":4111111111111111}`:              testCards,
		`{"card_number": "4111111111111111"}`:          testCards,
		"card_4111111111111111":                        testCards,
		"CC: 4111111111111111":                         testCards,
		"VISA 4111111111111111":                        testCards,
		"meine Kreditkarte: 4111111111111111":          testCards,
		"Kartennummer 4111111111111111":                testCards,
		"carte bancaire n° 4111111111111111":           testCards,
		"mi tarjeta es la 4111111111111111":            testCards,
		"cartão de crédito 4111111111111111":           testCards,
		"carta di credito 4111111111111111":            testCards,
		"betaalkaart 4111111111111111":                 testCards,
		"numer karty 4111111111111111":                 testCards,
		"kart numarası 4111111111111111":               testCards,
		"mitt kort 4111111111111111":                   testCards,
		"номер карты 4111111111111111":                 testCards,
		"信用卡号：4111111111111111":                        testCards,
		"カード番号は4111111111111111です":                     testCards,
		"카드 번호 4111111111111111":                       testCards,
		"رقم البطاقة 4111111111111111":                 testCards,
		"मेरा कार्ड 4111111111111111":                  testCards,
		"số thẻ 4111111111111111":                      testCards,
		"card: 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1":        testCards,
		"card: 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1, 12/27": testCards,
		"card 41 11 11 11 11 11 11 11 12 27":           testCards,
		"4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1":              CardLike,
		"41111111 11111111":                            CardLike,
		// No issuer, another length, a wrong digit, digits or letters that touch it.
		"1111 1111 1111 1117": 0, "7111111111111118": 0, "4111 1111 1111 1112": 0, "41111111111111111": 0, "411111111111111": 0,
		"card 4111111111111112": 0, "card 411111111111111": 0, "card x4111111111111111": 0, "card 4111111111111111f": 0,
		"0.4111111111111111": 0, "4111111111111111.25": 0, "card 3.4111111111111111": 0, "+49 151 1234 5674": 0,
		"AB-4111-1111-1111-1111": CardLike, "4111-1111-1111-1111-XY": CardLike,
		"4096, 8192, 5120, 2231": 0, "2024-11-22 10:15:30": 0, "1732270530123": 0, "4102444800000": 0,
		"IMEI 356938035643809": 0, "ISBN 978-3-16-148410-0": 0,
	} {
		if got := find(text) & testCards; got != want {
			t.Errorf("%q: found %v, want %v", text, got.names(), want.names())
		}
	}
}

// Of random digits at most one in a hundred is taken for a card, and few look like one, whatever they are called. Only in the groups that are printed
// on cards, of which one in forty passes all checks, is there no other way to tell.
func TestRandomDigitsAreSeldomCards(t *testing.T) {
	const rows = 4000
	r := rand.New(rand.NewSource(11))
	number := func(n int) string {
		b := []byte{byte('1' + r.Intn(9))}
		for len(b) < n {
			b = append(b, byte('0'+r.Intn(10)))
		}
		return string(b)
	}
	rate := func(text func() string) (cards, like float64) {
		for range rows {
			switch got := find(text()); {
			case got&Card != 0:
				cards++
				fallthrough
			case got&CardLike != 0:
				like++
			}
		}
		return 100 * cards / rows, 100 * like / rows
	}
	for _, around := range []string{"%", "order %, thanks", "id=%&x=1", `{"tracking":%}`, "0x% %\n%"} {
		for n := 12; n <= 19; n++ {
			cards, like := rate(func() string { return strings.ReplaceAll(around, "%", number(n)) })
			if cards > 1 || like > 8 {
				t.Errorf("%q with %d digits: %.1f %% cards, %.1f %% like one", around, n, cards, like)
			}
		}
	}
	for _, sep := range []string{" ", "-", ", ", "\t", "\n"} {
		cards, _ := rate(func() string { // a table of any numbers
			var list []string
			for range 40 {
				list = append(list, strconv.Itoa(r.Intn(100000)))
			}
			return strings.Join(list, sep)
		})
		if cards > 1 {
			t.Errorf("tables with %q: %.1f %% cards", sep, cards)
		}
		cards, _ = rate(func() string { // a table of numbers of four digits
			var list []string
			for range 12 {
				list = append(list, number(4))
			}
			return strings.Join(list, sep)
		})
		if cards > 1 {
			t.Errorf("tables of four digits with %q: %.1f %% cards", sep, cards)
		}
	}
	cards, _ := rate(func() string { return number(4) + " " + number(4) + " " + number(4) + " " + number(4) })
	t.Logf("%.1f %% of random digits in printed groups pass", cards)
	if cards > 4 {
		t.Errorf("%.1f %% of random digits in printed groups are cards", cards)
	}
}

// Whatever else is said, a card stays one.
func TestNothingAroundMakesACardLess(t *testing.T) {
	r := rand.New(rand.NewSource(12))
	words := []string{"order", "invoice", "ISBN", "tracking", "version", "12", "24", "3.14", "call", "+1", "serial", "x", "-", "\n", "AB", "v1", "(", ")", "#", "€"}
	for range 2000 {
		var before, behind []string
		for range r.Intn(6) {
			before, behind = append(before, words[r.Intn(len(words))]), append(behind, words[r.Intn(len(words))])
		}
		for text, want := range map[string]Kinds{"4111 1111 1111 1111": testCards, "4242424242424242": CardLike, "card 5555555555554444": testCards} {
			if whole := strings.Join(before, " ") + " " + text + " " + strings.Join(behind, " "); find(whole)&want != want {
				t.Fatalf("%q: found %v, want %v", whole, find(whole).names(), want.names())
			}
		}
	}
}

// A word is found by its first byte, in any case.
func TestEveryWordForACardIsFound(t *testing.T) {
	for _, w := range cardWords {
		plain := strings.Trim(w, "<>")
		if text := " " + plain + " "; !hasCardWord([]byte(text), 0, len(text)) {
			t.Errorf("%q is not found", plain)
		}
	}
	if len(cardWords) > 255 || len(keyForms) > 255 {
		t.Error("too many for chains of bytes")
	}
}
