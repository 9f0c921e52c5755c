package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-provider-openstack/terraform-provider-openstack/v3/openstack"
)

// longestName is the longest name that OpenStack's services accept.
const longestName = 255

//go:embed mapping.json
var mappingText []byte

// member is one resource or one function. A former token still works and says that it is deprecated; names are the
// properties that the SDK does not call as the bridge would by itself.
type member struct {
	Token       string            `json:"token"`
	FormerToken string            `json:"formerToken"`
	Names       map[string]string `json:"names"`
}

// setting is one input of the provider and the variables that stand in for it.
type setting struct {
	Variables []string `json:"variables"`
}

// mapping is mapping.json, keyed by Terraform's names.
type mapping struct {
	Config    map[string]setting `json:"config"`
	Resources map[string]member  `json:"resources"`
	Functions map[string]member  `json:"functions"`
}

// providerInfo is the bridge's description of the provider: Terraform's schema and our mapping.
func providerInfo() (tfbridge.ProviderInfo, error) {
	var mapped mapping
	if err := json.Unmarshal(mappingText, &mapped); err != nil {
		return tfbridge.ProviderInfo{}, fmt.Errorf("mapping.json: %w", err)
	}
	info := tfbridge.ProviderInfo{
		P:                       shimv2.NewProvider(openstack.Provider()),
		Name:                    pluginName,
		Version:                 version,
		GitHubOrg:               "terraform-provider-openstack",
		TFProviderModuleVersion: "v3",
		Config:                  map[string]*tfbridge.SchemaInfo{},
		Resources:               map[string]*tfbridge.ResourceInfo{},
		DataSources:             map[string]*tfbridge.DataSourceInfo{},
	}
	for name, s := range mapped.Config {
		info.Config[name] = &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{EnvVars: s.Variables}}
	}
	for name, m := range mapped.Resources {
		if m.FormerToken == "" {
			fields := map[string]*tfbridge.SchemaInfo{}
			for property, renamed := range m.Names {
				fields[property] = &tfbridge.SchemaInfo{Name: renamed}
			}
			info.Resources[name] = &tfbridge.ResourceInfo{Tok: tokens.Type(m.Token), Fields: fields}
			continue
		}
		former, current := tokens.Type(m.FormerToken), tokens.Type(m.Token)
		info.RenameResourceWithAlias(name, former, current, module(former.Module()), module(current.Module()), nil)
	}
	for name, m := range mapped.Functions {
		if m.FormerToken == "" {
			info.DataSources[name] = &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember(m.Token)}
			continue
		}
		former, current := tokens.ModuleMember(m.FormerToken), tokens.ModuleMember(m.Token)
		info.RenameDataSource(name, former, current, module(former.Module()), module(current.Module()), nil)
	}
	info.SetAutonaming(longestName, "-")
	return info, nil
}

// module is a token's module without its package and file: openstack:compute/instance gives compute.
func module(of tokens.Module) string {
	name, _, _ := strings.Cut(string(of.Name()), "/")
	return name
}
