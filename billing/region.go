package billing

import (
	"net/url"
	"regexp"
	"strings"
)

// regionalHosts are, by price list, the hosts whose name says that they serve from a region with
// prices of its own, such as eu.api.openai.com
// (https://developers.openai.com/api/docs/guides/data-residency, read 2026-11).
var regionalHosts = map[string]*regexp.Regexp{
	"openai": regexp.MustCompile(`^[a-z]{2}\.api\.openai\.com$`),
}

// Regional says whether an upstream at an address is one of a provider's that serves from a region
// with prices of its own.
func Regional(provider, address string) bool {
	v, _, _ := vendorOf(provider)
	hosts, known := regionalHosts[v.lists[0]]
	if !known {
		return false
	}
	to, err := url.Parse(address)
	return err == nil && hosts.MatchString(strings.ToLower(to.Hostname()))
}

// regional is what a condition calls such a region.
const regional = "regional"
