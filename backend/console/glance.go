package console

// A Glance is what the tray tells of an account, in one cheap answer.
type Glance struct {
	SpentTodayUSD      string        `json:"spent_today_usd"`
	SpentMonthUSD      string        `json:"spent_month_usd"`
	SavedTodayUSD      *string       `json:"saved_today_usd"` // null: nothing could be compared
	SavedTodayPermille *int          `json:"saved_today_permille"`
	UnpricedToday      int64         `json:"unpriced_today"`
	Simulated          bool          `json:"simulated"`
	Quotas             []GlanceQuota `json:"quotas"` // the worst first
	LastCall           *Call         `json:"last_call"`
	Running            int64         `json:"running"` // open calls
	Paused             bool          `json:"paused"`
	Healthy            bool          `json:"healthy"`
	Door               Door          `json:"door"`
}

// A GlanceQuota is the fullest limit of a key, or of the account.
type GlanceQuota struct {
	KeyID    *string `json:"key_id"` // null: the account's
	Name     string  `json:"name"`
	Limit    *Limit  `json:"limit"` // null: nobody set one
	Permille int     `json:"permille"`
	Near     bool    `json:"near"`  // at least 80 %
	Grave    bool    `json:"grave"` // reached
}
