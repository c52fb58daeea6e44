package signal

// Exclusive lists the types of signals of which exactly one is true of each message, with all their names. It is what tools know of
// them; each type's own file says why it is so.
func Exclusive() map[string][]string {
	groups := map[string][]string{}
	for _, k := range []*kind{&languageKind, &domainKind, &complexityKind} {
		for _, name := range k.builtins {
			groups[k.name] = append(groups[k.name], k.name+"."+name)
		}
	}
	return groups
}
