package signal

// kinds are the signal types, each with its file.
var kinds = []kind{
	keywordKind,
	domainKind,
	intentKind,
	languageKind,
	sizeKind,
	conversationKind,
	piiKind,
	regexKind,
	headerKind,
	obfuscationKind,
	injectionKind,
	complexityKind,
	jailbreakKind,
}

// kindNamed returns the signal type of a name, or nil.
func kindNamed(name string) *kind {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i]
		}
	}
	return nil
}
