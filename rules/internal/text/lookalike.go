package text

// Letters of other scripts that look like a Latin letter. The table is used for guesses towards
// known words only, so it may be generous: every language keeps its own letters otherwise.
// Source: written from the shapes of the letters; compare Unicode Technical Standard 39.
var confusables = [...]struct{ latin, others string }{
	{"a", "аαаɑᴀᗅꭺаꓮ"}, {"b", "вβьъЬʙᏴꓐƅ"}, {"c", "сϲᴄⅽꓚсς"}, {"d", "ԁɗđᏧⅾꓒᴅժ"}, {"e", "еєεҽёэᴇꓰ℮ҿ"},
	{"f", "ғϝꓝƒẝꬵ"}, {"g", "ɡԍցɢꓖƍ"}, {"h", "һнհʜꓧᏂ"}, {"i", "іιıɩӏꓲɪїɨǀ"}, {"j", "јϳʝꓙᴊյ"},
	{"k", "кκᴋꓗķқҟ"}, {"l", "ӏⅼʟꓡլłƖ"}, {"m", "мϻᴍꓟⅿ"}, {"n", "пηиɴꓠոռйńп"}, {"o", "оοσᴏꓳօθөѳоסه"},
	{"p", "рρᴘꓑр"}, {"q", "ԛզɋգ"}, {"r", "гяʀꓣɾᴦᴙꭇ"}, {"s", "ѕꜱꓢʂƽ"}, {"t", "тτᴛꓔţŧт"},
	{"u", "υսцᴜꓴʋμմ"}, {"v", "νѵᴠꓦⅴ"}, {"w", "ԝωшщᴡꓪաѡш"}, {"x", "хχⅹꓫжх"}, {"y", "уүγұʏꓬўу"}, {"z", "ᴢꓜʐƶʒ"},
}

// Lookalike returns the Latin letter that a folded letter looks like, or 0, and a second one if it looks like two.
func Lookalike(r rune) (first, second byte) {
	if r < 0x80 || r > 0xFFFF {
		return 0, 0
	}
	slot := int(r*0x9E3) & (len(lookalikes) - 1)
	for ; lookalikes[slot].r != 0; slot = (slot + 1) & (len(lookalikes) - 1) {
		if e := &lookalikes[slot]; e.r == uint16(r) {
			return e.first, e.second
		}
	}
	return 0, 0
}

type lookalike struct {
	r             uint16
	first, second byte
}

// lookalikes is an open table of confusables.
var lookalikes = func() (t [1024]lookalike) {
	for _, row := range confusables {
		for _, r := range row.others {
			slot := int(r*0x9E3) & (len(t) - 1)
			for t[slot].r != 0 && t[slot].r != uint16(r) {
				slot = (slot + 1) & (len(t) - 1)
			}
			e := &t[slot]
			c := row.latin[0]
			switch {
			case e.r == 0:
				e.r, e.first = uint16(r), c
			case e.first != c && e.second == 0:
				e.second = c
			}
		}
	}
	return t
}()
