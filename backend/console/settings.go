package console

// Settings are what a person chose. Their texts are one word each.
type Settings struct {
	Appearance       string    `json:"appearance" ts:"'auto' | 'light' | 'dark'"`
	OnClose          string    `json:"on_close" ts:"'ask' | 'keep' | 'quit'"` // what closing the window does to Weir where there is no tray
	Notify           bool      `json:"notify"`
	Port             int       `json:"port"` // of the relay
	LoginItem        LoginItem `json:"login_item"`
	FirstStepsDoneAt *string   `json:"first_steps_done_at"` // when a person put the checklist away
}

// A LoginItem says whether Weir starts when its user logs in.
type LoginItem struct {
	Supported bool    `json:"supported"`
	Enabled   bool    `json:"enabled"`
	Offered   bool    `json:"offered"` // a person was asked once
	Message   *string `json:"message"` // why it is not what it was asked to be
}

// A Host is one that Weir would contact, and why.
type Host struct {
	Host string `json:"host"`
	Why  string `json:"why"`
	Name string `json:"name"` // of the provider
}

// Diagnostics is a report without secrets, for people who help.
type Diagnostics struct {
	Text string `json:"text"`
}

// A LogTail is the end of the log.
type LogTail struct {
	Path  *string  `json:"path"` // null: the log goes to the terminal alone
	Lines []string `json:"lines"`
}

// ProviderUses is what would miss a provider.
type ProviderUses struct {
	Calls30d   int64    `json:"calls_30d"`
	LastCallAt *string  `json:"last_call_at"`
	OnlyHere   []string `json:"only_here"` // models that no other enabled channel serves
	Keys       []string `json:"keys"`      // names of the keys that used it in 30 days
}
