// Pulumi's OpenStack provider, built from its published modules: the Terraform provider behind Pulumi's bridge.
//
// The official plugin of the same version stays the first choice; this one serves a site that cannot reach the
// vendor. mapping.json says which Terraform type is which Pulumi type, and is compared with the Python SDK by a test.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const pluginName = "openstack"

// version is set by the linker: the SDK's version with "+joliba" behind it.
var version = "0.0.0"

// server answers GetSchema from the bridged types when asked, instead of carrying a megabyte of text into every run.
type server struct {
	pulumirpc.ResourceProviderServer
	info tfbridge.ProviderInfo
}

func (s server) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	text, err := json.Marshal(packageSchema(s.info))
	if err != nil {
		return nil, err
	}
	return &pulumirpc.GetSchemaResponse{Schema: string(text)}, nil
}

func main() {
	info, err := providerInfo()
	if err != nil {
		cmdutil.ExitError(err.Error())
	}
	switch {
	case len(os.Args) == 2 && os.Args[1] == "--version":
		fmt.Println(version)
		return
	case len(os.Args) == 2 && os.Args[1] == "--shapes":
		if err := json.NewEncoder(os.Stdout).Encode(shapes(info)); err != nil {
			cmdutil.ExitError(err.Error())
		}
		return
	}
	info.P.InitLogging(context.Background())
	err = provider.Main(pluginName, func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		manifest := fmt.Sprintf(`{"name":%q,"version":%q}`, pluginName, version)
		bridged := tfbridge.NewProvider(context.Background(), host, pluginName, version, info.P, info, []byte(manifest))
		return server{ResourceProviderServer: bridged, info: info}, nil
	})
	if err != nil {
		cmdutil.ExitError(err.Error())
	}
}
