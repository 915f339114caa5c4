package billing

// Flags of reports that say too little: the reply may tell more.
const (
	FlagUsageMissing = "usage_missing" // there is none, or it holds no counter that Weir knows
	FlagUsagePartial = "usage_partial" // one side of it is left out
	FlagUsageZero    = "usage_zero"    // it names no consumption at all
)

// Flags are short words on a bill for what was assumed, missing or wrong.
const (
	flagUsageShrank       = "usage_shrank"
	flagNoObject          = "malformed_usage"
	flagNoNumber          = "malformed_not_a_number"
	flagNegative          = "malformed_negative"
	flagNotWhole          = "malformed_not_integral"
	flagOutOfRange        = "malformed_out_of_range"
	flagPartOutgrew       = "malformed_cached_gt_prompt"
	flagInferredExclusive = "dialect_inferred_exclusive"
	flagReasoningOutgrew  = "reasoning_gt_output"
	flagSchemeAssumed     = "scheme_assumed"
	flagOutputFromTotal   = "output_from_total"
	flagOutputLowerBound  = "output_lower_bound"
	flagHitMissMismatch   = "hit_miss_mismatch"
	flagSplitMismatch     = "cache_split_mismatch"
	flagTTLAssumed        = "cache_ttl_assumed_5m"
	flagUnknownStep       = "iteration_type_unknown"
	flagStepsAcrossTier   = "prompt_tier_by_sum_of_iterations"
	flagToolUncounted     = "tool_fee_uncounted"
	flagUnknownModel      = "unknown_model"
	flagUnknownEndpoint   = "unknown_endpoint"
	flagRateMissing       = "rate_missing"
	flagReadAtInput       = "cache_price_fallback_input"
	flagWriteAtInput      = "cache_write_price_fallback_input"
	flagHourFromInput     = "cache_write_1h_price_derived"
	flag12hUnknown        = "cache_write_12h_price_unknown"
	flagContextUnpriced   = "context_price_unknown"
	flagTierFromRequest   = "service_tier_from_request"
	flagBatchFee          = "fee_batch_discount_unverified"
	flagCostMissing       = "provider_cost_missing"
	flagCostRaised        = "provider_cost_raised"
	flagSecondsUp         = "seconds_rounded_up"
	flagBadCase           = "malformed_case"
	flagByAlias           = "priced_by_alias"
	flagAllowance         = "free_allowance_ignored"
	flagSessionAssumed    = "container_assumed_new"
	flagConverted         = "converted_from_cny"
	flagNoRate            = "native_currency_cny"
	flagRateOfAnotherDay  = "fx_rate_of_another_day"
)

// verdicts is what a flag makes of a bill. One that is not here only informs.
var verdicts = map[string]Status{
	flagNoObject: Rejected, flagNoNumber: Rejected, flagNegative: Rejected, flagNotWhole: Rejected,
	flagOutOfRange: Rejected, flagBadCase: Rejected,

	FlagUsageMissing: Unpriced, flagUnknownModel: Unpriced, flagUnknownEndpoint: Unpriced, flagRateMissing: Unpriced,
	flag12hUnknown: Unpriced, flagNoRate: Unpriced, flagContextUnpriced: Unpriced,

	FlagUsagePartial: Estimated, flagUsageShrank: Estimated, flagPartOutgrew: Estimated, flagInferredExclusive: Estimated,
	flagOutputLowerBound: Estimated, flagHitMissMismatch: Estimated, flagSplitMismatch: Estimated,
	flagUnknownStep: Estimated, flagStepsAcrossTier: Estimated, flagToolUncounted: Estimated, flagWriteAtInput: Estimated, flagHourFromInput: Estimated,
	flagTierFromRequest: Estimated, flagBatchFee: Estimated, flagCostMissing: Estimated, flagSecondsUp: Estimated,
	flagAllowance: Estimated, flagSessionAssumed: Estimated, flagRateOfAnotherDay: Estimated,
	"price_incomplete": Estimated, "price_not_guaranteed": Estimated, "service_tier_assumed_default": Estimated, "priority_commitment": Estimated,
	"upstream_gateway_unreliable": Estimated, "dialect_assumed_inclusive": Estimated,
}

// gravity orders what flags can make of a bill.
var gravity = map[Status]int{Priced: 0, Estimated: 1, Unpriced: 2, Rejected: 3}

// verdict is the gravest thing that any of the flags says.
func verdict(flags []string) Status {
	worst := Priced
	for _, f := range flags {
		if v, ok := verdicts[f]; ok && gravity[v] > gravity[worst] {
			worst = v
		}
	}
	return worst
}
