package signal

import _ "embed" // the lists are part of the program

// The classes: domains, then cues of intent, then languages in Latin script. The order is that of
// domainNames and latinNames.
const (
	classComputerScience class = iota
	classMath
	classPhysics
	classChemistry
	classBiology
	classEngineering
	classLaw
	classEconomics
	classBusiness
	classHealth
	classPsychology
	classPhilosophy
	classHistory
	classDeep
	classFast
	classFact
	classCreative
	classOpinion
	classCoding
	classQuantity
	classFollowUp
	classLanguageEN
	classLanguageES
	classLanguageFR
	classLanguageDE
	classLanguageIT
	classLanguagePT
	classLanguageNL
	classLanguageSV
	classLanguagePL
	classLanguageCS
	classLanguageTR
	classLanguageVI
	classLanguageID
	classes
)

var domainNames = []string{
	"computer_science", "math", "physics", "chemistry", "biology", "engineering", "law", "economics", "business", "health", "psychology", "philosophy", "history",
}

var latinNames = []string{"en", "es", "fr", "de", "it", "pt", "nl", "sv", "pl", "cs", "tr", "vi", "id"}

var (
	//go:embed terms/domain/computer_science.txt
	domainComputerScience string
	//go:embed terms/domain/math.txt
	domainMath string
	//go:embed terms/domain/physics.txt
	domainPhysics string
	//go:embed terms/domain/chemistry.txt
	domainChemistry string
	//go:embed terms/domain/biology.txt
	domainBiology string
	//go:embed terms/domain/engineering.txt
	domainEngineering string
	//go:embed terms/domain/law.txt
	domainLaw string
	//go:embed terms/domain/economics.txt
	domainEconomics string
	//go:embed terms/domain/business.txt
	domainBusiness string
	//go:embed terms/domain/health.txt
	domainHealth string
	//go:embed terms/domain/psychology.txt
	domainPsychology string
	//go:embed terms/domain/philosophy.txt
	domainPhilosophy string
	//go:embed terms/domain/history.txt
	domainHistory string
	//go:embed terms/cue/deep.txt
	cueDeep string
	//go:embed terms/cue/fast.txt
	cueFast string
	//go:embed terms/cue/fact.txt
	cueFact string
	//go:embed terms/cue/creative.txt
	cueCreative string
	//go:embed terms/cue/opinion.txt
	cueOpinion string
	//go:embed terms/cue/coding.txt
	cueCoding string
	//go:embed terms/cue/quantity.txt
	cueQuantity string
	//go:embed terms/cue/follow_up.txt
	cueFollowUp string
	//go:embed terms/language/en.txt
	languageEN string
	//go:embed terms/language/es.txt
	languageES string
	//go:embed terms/language/fr.txt
	languageFR string
	//go:embed terms/language/de.txt
	languageDE string
	//go:embed terms/language/it.txt
	languageIT string
	//go:embed terms/language/pt.txt
	languagePT string
	//go:embed terms/language/nl.txt
	languageNL string
	//go:embed terms/language/sv.txt
	languageSV string
	//go:embed terms/language/pl.txt
	languagePL string
	//go:embed terms/language/cs.txt
	languageCS string
	//go:embed terms/language/tr.txt
	languageTR string
	//go:embed terms/language/vi.txt
	languageVI string
	//go:embed terms/language/id.txt
	languageID string
)

// Which lists a signal type needs. What it says may not depend on what else a policy uses, so
// domain and intent, which look at each other's points, share theirs.
var (
	topicLists = []list{
		{classComputerScience, domainComputerScience},
		{classMath, domainMath},
		{classPhysics, domainPhysics},
		{classChemistry, domainChemistry},
		{classBiology, domainBiology},
		{classEngineering, domainEngineering},
		{classLaw, domainLaw},
		{classEconomics, domainEconomics},
		{classBusiness, domainBusiness},
		{classHealth, domainHealth},
		{classPsychology, domainPsychology},
		{classPhilosophy, domainPhilosophy},
		{classHistory, domainHistory},
		{classQuantity, cueQuantity},
		{classDeep, cueDeep},
		{classFast, cueFast},
		{classFact, cueFact},
		{classCreative, cueCreative},
		{classOpinion, cueOpinion},
		{classCoding, cueCoding},
	}
	followUpLists = []list{{classFollowUp, cueFollowUp}}
	languageLists = []list{
		{classLanguageEN, languageEN},
		{classLanguageES, languageES},
		{classLanguageFR, languageFR},
		{classLanguageDE, languageDE},
		{classLanguageIT, languageIT},
		{classLanguagePT, languagePT},
		{classLanguageNL, languageNL},
		{classLanguageSV, languageSV},
		{classLanguagePL, languagePL},
		{classLanguageCS, languageCS},
		{classLanguageTR, languageTR},
		{classLanguageVI, languageVI},
		{classLanguageID, languageID},
	}
)
