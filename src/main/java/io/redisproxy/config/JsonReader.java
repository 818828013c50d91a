package io.redisproxy.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Optional;

/**
 * JSON text to a tree. Jackson's ObjectMapper could do it too, but it takes 150 ms longer in a
 * fresh JVM, and stops at the first key that is there twice.
 */
final class JsonReader {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Mistakes mistakes;

  JsonReader(Mistakes mistakes) {
    this.mistakes = mistakes;
  }

  /** The tree, or nothing if the text is not JSON. */
  Optional<JsonNode> read(byte[] json) {
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      JsonNode root;
      try {
        if (parser.nextToken() == null) {
          mistakes.add(
              "file", "empty; write an array of listeners, such as " + ListenersParser.SAMPLE);
          return Optional.empty();
        }
        root = value(parser, ListenersParser.ROOT);
      } catch (JsonProcessingException e) {
        mistakes.add(
            place(location(e, parser)),
            "not JSON: " + reason(e) + "; check the commas, quotes and brackets up to here");
        return Optional.empty();
      }
      checkEnd(parser);
      return Optional.of(root);
    } catch (IOException e) {
      mistakes.add("file", "not JSON: " + e.getMessage() + "; save it as UTF-8");
      return Optional.empty();
    }
  }

  private JsonNode value(JsonParser parser, String place) throws IOException {
    JsonToken token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> object(parser, place);
      case START_ARRAY -> array(parser, place);
      case VALUE_STRING -> NODES.textNode(parser.getText());
      case VALUE_NUMBER_INT -> NODES.numberNode(parser.getBigIntegerValue());
      case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDecimalValue());
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      case END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
          throw new IllegalStateException("no JSON value starts with " + token);
    };
  }

  private ObjectNode object(JsonParser parser, String place) throws IOException {
    ObjectNode object = NODES.objectNode();
    String key;
    while ((key = parser.nextFieldName()) != null) {
      String inside = Value.placeOf(key, place);
      JsonLocation again = parser.currentTokenLocation();
      parser.nextToken();
      JsonNode value = value(parser, inside);
      if (object.has(key)) {
        mistakes.add(inside, "the key is there again at " + place(again) + "; keep one of them");
      } else {
        object.set(key, value);
      }
    }
    return object;
  }

  private ArrayNode array(JsonParser parser, String place) throws IOException {
    ArrayNode array = NODES.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(value(parser, place + '[' + array.size() + ']'));
    }
    return array;
  }

  private void checkEnd(JsonParser parser) throws IOException {
    JsonLocation extra;
    try {
      if (parser.nextToken() == null) {
        return;
      }
      extra = parser.currentTokenLocation();
    } catch (JsonProcessingException e) {
      extra = location(e, parser);
    }
    mistakes.add(place(extra), "there is more after the end of the JSON; remove it");
  }

  /** Where it went wrong; Jackson's complaints about too long or too deep values don't say. */
  private static JsonLocation location(JsonProcessingException e, JsonParser parser) {
    return e.getLocation() == null ? parser.currentLocation() : e.getLocation();
  }

  private static String place(JsonLocation location) {
    return "line " + location.getLineNr() + ", column " + location.getColumnNr();
  }

  /**
   * Jackson's reason without its description of the source, which is always the same, and without
   * the word that it can't read, which may be a password.
   */
  private static String reason(JsonProcessingException e) {
    return e.getOriginalMessage()
        .replaceAll("\\[Source: .*?; (line: \\d+, column: \\d+)]", "$1")
        .replaceAll("token '[^']*'", "word");
  }
}
