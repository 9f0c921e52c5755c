package main

import (
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// builder collects the named types of nested blocks while it walks the shapes.
type builder struct {
	types map[string]schema.ComplexTypeSpec
}

// packageSchema describes the plugin to `pulumi package get-schema` and `pulumi import`.
func packageSchema(info tfbridge.ProviderInfo) schema.PackageSpec {
	all := shapes(info)
	b := builder{types: map[string]schema.ComplexTypeSpec{}}
	spec := schema.PackageSpec{
		Name:      pluginName,
		Version:   version,
		Provider:  &schema.ResourceSpec{InputProperties: b.inputs("index/Provider", all.Config)},
		Resources: map[string]schema.ResourceSpec{},
		Functions: map[string]schema.FunctionSpec{},
		Types:     b.types,
		Meta:      &schema.MetadataSpec{ModuleFormat: "(.*)(?:/[^/]*)"},
	}
	for _, resource := range all.Resources {
		if resource.Token == "" {
			continue
		}
		stem := typeStem(resource.Token)
		spec.Resources[resource.Token] = schema.ResourceSpec{
			ObjectTypeSpec:  schema.ObjectTypeSpec{Properties: b.outputs(stem, resource.Properties)},
			InputProperties: b.inputs(stem, resource.Properties),
			RequiredInputs:  required(resource.Properties),
		}
	}
	for _, function := range all.Functions {
		if function.Token == "" {
			continue
		}
		stem := typeStem(function.Token)
		spec.Functions[function.Token] = schema.FunctionSpec{
			Inputs:  &schema.ObjectTypeSpec{Properties: b.inputs(stem, function.Properties), Required: required(function.Properties)},
			Outputs: &schema.ObjectTypeSpec{Properties: b.outputs(stem, function.Properties)},
		}
	}
	return spec
}

// typeStem is the beginning of the names of a type's nested types: openstack:compute/instance:Instance gives
// compute/Instance.
func typeStem(token string) string {
	parts := strings.Split(token, ":")
	return strings.Split(parts[1], "/")[0] + "/" + upper(parts[2])
}

func upper(text string) string {
	return strings.ToUpper(text[:1]) + text[1:]
}

func required(shapes map[string]shape) []string {
	var names []string
	for name, property := range shapes {
		if property.Required {
			names = append(names, name)
		}
	}
	return names
}

func (b builder) inputs(stem string, shapes map[string]shape) map[string]schema.PropertySpec {
	properties := map[string]schema.PropertySpec{}
	for name, property := range shapes {
		if property.Input {
			properties[name] = b.property(stem+upper(name), property)
		}
	}
	return properties
}

func (b builder) outputs(stem string, shapes map[string]shape) map[string]schema.PropertySpec {
	properties := map[string]schema.PropertySpec{}
	for name, property := range shapes {
		properties[name] = b.property(stem+upper(name), property)
	}
	return properties
}

func (b builder) property(stem string, property shape) schema.PropertySpec {
	return schema.PropertySpec{TypeSpec: b.typeSpec(stem, property), Description: property.About, Secret: property.Secret}
}

func (b builder) typeSpec(stem string, property shape) schema.TypeSpec {
	switch property.Type {
	case "array":
		items := b.typeSpec(stem, *property.Element)
		return schema.TypeSpec{Type: "array", Items: &items}
	case "map":
		values := b.typeSpec(stem, *property.Element)
		return schema.TypeSpec{Type: "object", AdditionalProperties: &values}
	case "object":
		name := pluginName + ":" + stem + ":" + stem[strings.LastIndex(stem, "/")+1:]
		b.types[name] = schema.ComplexTypeSpec{ObjectTypeSpec: schema.ObjectTypeSpec{
			Type: "object", Properties: b.outputs(stem, property.Properties), Required: required(property.Properties),
		}}
		return schema.TypeSpec{Ref: "#/types/" + name}
	default:
		return schema.TypeSpec{Type: property.Type}
	}
}
