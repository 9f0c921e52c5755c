package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// shape is one property as a Pulumi program sees it.
type shape struct {
	Terraform  string           `json:"terraform,omitempty"`
	Type       string           `json:"type"` // boolean, integer, number, string, map, array, object
	Element    *shape           `json:"element,omitempty"`
	Properties map[string]shape `json:"properties"`
	Input      bool             `json:"input"`
	Required   bool             `json:"required"`
	Secret     bool             `json:"secret,omitempty"`
	About      string           `json:"-"`
}

// typeShapes are the properties of one resource or function; Token is empty if the mapping leaves it out.
type typeShapes struct {
	Token      string           `json:"token"`
	Properties map[string]shape `json:"properties"`
}

// providerShapes is everything the Terraform provider has, mapped or not.
type providerShapes struct {
	Config    map[string]shape      `json:"config"`
	Resources map[string]typeShapes `json:"resources"`
	Functions map[string]typeShapes `json:"functions"`
}

func shapes(info tfbridge.ProviderInfo) providerShapes {
	all := providerShapes{
		Config:    blockShapes(info.P.Schema(), info.Config),
		Resources: map[string]typeShapes{},
		Functions: map[string]typeShapes{},
	}
	info.P.ResourcesMap().Range(func(name string, resource shim.Resource) bool {
		mapped := info.Resources[name]
		if mapped == nil {
			mapped = &tfbridge.ResourceInfo{}
		}
		all.Resources[name] = typeShapes{string(mapped.Tok), blockShapes(resource.Schema(), mapped.Fields)}
		return true
	})
	info.P.DataSourcesMap().Range(func(name string, source shim.Resource) bool {
		mapped := info.DataSources[name]
		if mapped == nil {
			mapped = &tfbridge.DataSourceInfo{}
		}
		all.Functions[name] = typeShapes{string(mapped.Tok), blockShapes(source.Schema(), mapped.Fields)}
		return true
	})
	return all
}

// blockShapes are the properties of a resource or of a nested block, by their Pulumi names.
func blockShapes(block shim.SchemaMap, infos map[string]*tfbridge.SchemaInfo) map[string]shape {
	properties := map[string]shape{}
	block.Range(func(name string, property shim.Schema) bool {
		found := propertyShape(property, infos[name])
		if property.Removed() == "" && (name != "id" || found.Input) { // every type has an id as output
			found.Terraform = name
			properties[tfbridge.TerraformToPulumiNameV2(name, block, infos)] = found
		}
		return true
	})
	return properties
}

func propertyShape(property shim.Schema, info *tfbridge.SchemaInfo) shape {
	found := shape{
		Type:     typeName(property.Type()),
		Input:    property.Required() || property.Optional(),
		Required: property.Required() && (info == nil || info.Default == nil),
		Secret:   property.Sensitive(),
		About:    property.Description(),
	}
	if found.Type != "array" && found.Type != "map" {
		return found
	}
	element := shape{Type: "string"}
	switch of := property.Elem().(type) {
	case shim.Resource:
		var fields map[string]*tfbridge.SchemaInfo
		if info != nil && info.Elem != nil {
			fields = info.Elem.Fields
		}
		element = shape{Type: "object", Properties: blockShapes(of.Schema(), fields)}
	case shim.Schema:
		element = propertyShape(of, nil)
	}
	if found.Type == "array" && tfbridge.IsMaxItemsOne(property, info) {
		found.Type, found.Element, found.Properties = element.Type, element.Element, element.Properties
		return found
	}
	found.Element = &element
	return found
}

func typeName(of shim.ValueType) string {
	switch of {
	case shim.TypeBool:
		return "boolean"
	case shim.TypeInt:
		return "integer"
	case shim.TypeFloat:
		return "number"
	case shim.TypeMap:
		return "map"
	case shim.TypeList, shim.TypeSet:
		return "array"
	default:
		return "string"
	}
}
