//go:build !desktop && !bindings && !dev

package main

import (
	"encoding/json"
	"os"
	"testing"
)

func TestPackagesHaveTheProgramsVersion(t *testing.T) {
	data, err := os.ReadFile("wails.json")
	if err != nil {
		t.Fatal(err)
	}
	var project struct {
		Info struct {
			ProductVersion string `json:"productVersion"`
		} `json:"info"`
	}
	if err := json.Unmarshal(data, &project); err != nil {
		t.Fatal(err)
	}
	if project.Info.ProductVersion != version {
		t.Errorf("wails.json's version = %s, want %s", project.Info.ProductVersion, version)
	}
}
