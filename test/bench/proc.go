package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc on Linux.
const tick = 10 * time.Millisecond

// readCPU returns what a process has used so far, in user and system mode. Process 0 uses nothing.
func readCPU(pid int) (time.Duration, error) {
	if pid == 0 {
		return 0, nil
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])) // the name before it may hold spaces
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, err
}

// A memory is what a process has in RAM, in kilobytes.
type memory struct{ now, peak int64 }

// readMemory reads a process's memory.
func readMemory(pid int) (memory, error) {
	var m memory
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m, err
	}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "VmRSS":
			_, err = fmt.Sscan(value, &m.now)
		case "VmHWM":
			_, err = fmt.Sscan(value, &m.peak)
		}
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

// memories reads the memory of the proxy and of the relay after a moment of rest.
func (b *bench) memories() (map[string]memory, error) {
	time.Sleep(time.Second) // the processes rest: that is what is measured
	found := map[string]memory{}
	for _, t := range b.targets {
		if t.pid == 0 {
			continue
		}
		m, err := readMemory(t.pid)
		if err != nil {
			return nil, err
		}
		found[t.name] = m
	}
	return found, nil
}

// measureSync returns the median time that the disk takes to sync four kilobytes.
func measureSync(dir string) (time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var took []time.Duration
	for range 50 {
		began := time.Now()
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	return median(took, func(d time.Duration) time.Duration { return d }), nil
}
