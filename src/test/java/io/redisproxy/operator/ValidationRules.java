package io.redisproxy.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rules of a CustomResourceDefinition's schema, run as an API server runs them: checked against
 * the types of the schema first, then applied to each part of a resource that they stand at. There
 * are the functions of CEL itself, but none of those that Kubernetes adds, nor oldSelf.
 */
final class ValidationRules {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final CelRuntime RUNTIME = CelRuntimeFactory.standardCelRuntimeBuilder().build();

  /** What an API server lets rules see of an object beside what the schema names. */
  private static final Map<String, CelType> OF_EVERY_OBJECT =
      Map.of(
          "apiVersion", SimpleType.STRING,
          "kind", SimpleType.STRING,
          "metadata",
              struct(
                  "metadata",
                  Map.of("name", SimpleType.STRING, "generateName", SimpleType.STRING)));

  private record Rule(String text, String message, CelRuntime.Program program) {}

  /**
   * What a rule says about a part of a resource.
   *
   * @param rule as {@link #all} has it
   * @param message for who wrote the resource, behind where that part is
   */
  record Verdict(String rule, boolean kept, String message) {}

  private final JsonNode schema;

  /** By where they stand in the schema; an element of a list is [], a value of a map {}. */
  private final Map<String, List<Rule>> rules = new LinkedHashMap<>();

  private final Map<String, CelType> structs = new HashMap<>();

  ValidationRules(JsonNode schema) {
    this.schema = schema;
    structs.put("metadata", OF_EVERY_OBJECT.get("metadata"));
    compile(schema, "", false);
  }

  /** All, as place and rule. */
  List<String> all() {
    List<String> all = new ArrayList<>();
    rules.forEach((place, here) -> here.forEach(rule -> all.add(place + ": " + rule.text())));
    return all;
  }

  /** What the rules say about a resource. */
  List<Verdict> verdicts(JsonNode resource) {
    List<Verdict> verdicts = new ArrayList<>();
    apply(schema, resource, "", "", verdicts);
    return verdicts;
  }

  private void compile(JsonNode schema, String place, boolean unbounded) {
    CelType self = type(schema, place);
    List<Rule> here = new ArrayList<>();
    for (JsonNode rule : schema.path("x-kubernetes-validations")) {
      here.add(compile(rule, place, self));
    }
    if (!here.isEmpty()) {
      rules.put(place, here);
      if (unbounded) {
        throw new AssertionError(
            place + ": needs maxItems above it, or an API server may find its rules too costly");
      }
    }
    schema
        .path("properties")
        .properties()
        .forEach(each -> compile(each.getValue(), join(place, each.getKey()), unbounded));
    if (schema.has("items")) {
      compile(schema.get("items"), place + "[]", unbounded || !schema.has("maxItems"));
    }
    if (schema.path("additionalProperties").isObject()) {
      compile(
          schema.get("additionalProperties"),
          place + "{}",
          unbounded || !schema.has("maxProperties"));
    }
  }

  private Rule compile(JsonNode rule, String place, CelType self) {
    String text = rule.path("rule").asText();
    try {
      return new Rule(
          text,
          rule.path("message").asText(),
          RUNTIME.createProgram(
              CelCompilerFactory.standardCelCompilerBuilder()
                  .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                  .setTypeProvider(provider(ImmutableMap.copyOf(structs)))
                  .addVar("self", self)
                  .setResultType(SimpleType.BOOL)
                  .build()
                  .compile(text)
                  .getAst()));
    } catch (CelValidationException | CelEvaluationException e) {
      throw new AssertionError(place + ": " + text, e);
    }
  }

  private static CelTypeProvider provider(ImmutableMap<String, CelType> types) {
    return new CelTypeProvider() {
      @Override
      public ImmutableList<CelType> types() {
        return types.values().asList();
      }

      @Override
      public Optional<CelType> findType(String name) {
        return Optional.ofNullable(types.get(name));
      }
    };
  }

  private CelType type(JsonNode schema, String place) {
    return switch (schema.path("type").asText()) {
      case "string" -> SimpleType.STRING;
      case "integer" -> SimpleType.INT;
      case "number" -> SimpleType.DOUBLE;
      case "boolean" -> SimpleType.BOOL;
      case "array" -> ListType.create(type(schema.path("items"), place + "[]"));
      case "object" -> {
        if (schema.has("additionalProperties")) {
          yield MapType.create(
              SimpleType.STRING, type(schema.path("additionalProperties"), place + "{}"));
        }
        Map<String, CelType> fields = new HashMap<>(place.isEmpty() ? OF_EVERY_OBJECT : Map.of());
        schema
            .path("properties")
            .properties()
            .forEach(
                each ->
                    fields.put(each.getKey(), type(each.getValue(), join(place, each.getKey()))));
        StructType struct = struct("self" + place, fields);
        structs.put(struct.name(), struct);
        yield struct;
      }
      default -> SimpleType.DYN;
    };
  }

  private static StructType struct(String name, Map<String, CelType> fields) {
    ImmutableMap<String, CelType> types = ImmutableMap.copyOf(fields);
    return StructType.create(name, types.keySet(), field -> Optional.ofNullable(types.get(field)));
  }

  /** Goes through a part of a resource and of the schema, with where they are in them. */
  private void apply(
      JsonNode schema, JsonNode value, String at, String place, List<Verdict> verdicts) {
    for (Rule rule : rules.getOrDefault(place, List.of())) {
      verdicts.add(
          new Verdict(place + ": " + rule.text(), holds(rule, value), at + ": " + rule.message()));
    }
    if (value.isArray()) {
      for (int i = 0; i < value.size(); i++) {
        apply(schema.path("items"), value.get(i), at + "[" + i + "]", place + "[]", verdicts);
      }
    }
    value
        .properties()
        .forEach(
            each -> {
              String key = each.getKey();
              if (schema.path("properties").has(key)) {
                apply(
                    schema.path("properties").get(key),
                    each.getValue(),
                    join(at, key),
                    join(place, key),
                    verdicts);
              } else {
                apply(
                    schema.path("additionalProperties"),
                    each.getValue(),
                    join(at, key),
                    place + "{}",
                    verdicts);
              }
            });
  }

  private static boolean holds(Rule rule, JsonNode value) {
    try {
      return (Boolean) rule.program().eval(Map.of("self", plain(value)));
    } catch (CelEvaluationException e) {
      throw new AssertionError(rule.text() + " at " + value, e);
    }
  }

  /** As CEL has values: all integers are of 64 bits. */
  private static Object plain(JsonNode value) {
    if (value.isObject()) {
      Map<String, Object> map = new LinkedHashMap<>();
      value.properties().forEach(each -> map.put(each.getKey(), plain(each.getValue())));
      return map;
    }
    if (value.isArray()) {
      List<Object> list = new ArrayList<>();
      value.forEach(each -> list.add(plain(each)));
      return list;
    }
    return value.isIntegralNumber()
        ? (Object) value.longValue()
        : JSON.convertValue(value, Object.class);
  }

  private static String join(String place, String key) {
    return place.isEmpty() ? key : place + "." + key;
  }
}
