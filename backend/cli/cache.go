package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"weir/backend/console"
	"weir/frontend/src/i18n"
)

func (s *session) cache() *cobra.Command {
	on, off := true, false
	return group("cache", "What providers' caches did, and why they were missed.", s.showCache(),
		s.showing("explain", "Compare prompts by salted hashes from now on, to say why a cache was missed.", cobra.NoArgs, "settings.set",
			func([]string) any { return console.SetSettings{ExplainMisses: &on} }, showExplains),
		s.showing("forget", "Explain missed caches no more, and delete what was stored for it.", cobra.NoArgs, "settings.set",
			func([]string) any { return console.SetSettings{ExplainMisses: &off} }, showExplains))
}

func (s *session) showCache() *cobra.Command {
	var since, until string
	cmd := s.command("show", "What was read, written, saved, missed and wasted in a span of time; without one, today.", cobra.NoArgs, func(ctx context.Context, _ []string) error {
		from, to, err := parseSpan(since, until)
		if err != nil {
			return err
		}
		return s.do(ctx, "cache.get", console.CacheOf{From: from, To: to}, showCaches)
	})
	cmd.Flags().StringVar(&since, "since", "", "from this time on, such as 2026-11-01")
	cmd.Flags().StringVar(&until, "until", "", "before this time")
	return cmd
}

func showCaches(s *session, data []byte) error {
	var v console.CacheView
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	t := v.Total
	fmt.Fprintln(s.Stdout, i18n.T("cli.cache.tokens", "read", t.Tokens.CacheRead, "fresh", t.Tokens.Fresh, "written", t.Tokens.CacheWrite5m+t.Tokens.CacheWrite1h, "saved", t.SavedUSD))
	if !v.Watched {
		fmt.Fprintln(s.Stdout, i18n.T("cache.off"))
		return nil
	}
	fmt.Fprintln(s.Stdout, i18n.T("cli.cache.missed", "calls", t.Misses, "tokens", t.MissedTokens, "lost", t.MissedUSD, "wasted_tokens", t.WastedTokens, "wasted", t.WastedUSD))
	var rows [][]string
	for _, c := range v.Causes {
		rows = append(rows, []string{c.Cause, strconv.FormatInt(c.Calls, 10), strconv.FormatInt(c.Tokens, 10), c.CostUSD})
	}
	if rows == nil {
		return nil
	}
	return s.table("CAUSE\tCALLS\tTOKENS\tUSD, AT MOST", rows)
}

func showExplains(s *session, data []byte) error {
	var v console.Settings
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	sentence := i18n.T("cache.off")
	if v.ExplainMisses {
		sentence = i18n.T("cli.cache.on")
	}
	fmt.Fprintln(s.Stdout, sentence)
	return nil
}
