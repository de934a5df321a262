import java.util.List;
import java.util.StringJoiner;

/** One JSON object, written as it is filled. */
final class Json {
    private final StringJoiner members = new StringJoiner(",", "{", "}");

    /** A string, or null. */
    Json put(String name, Object value) {
        return member(name, value == null ? "null" : quoted(value.toString()));
    }

    Json strings(String name, List<String> values) {
        return member(name, "[" + String.join(",", values.stream().map(Json::quoted).toList()) + "]");
    }

    Json objects(String name, List<Json> values) {
        return member(name, "[" + String.join(",", values.stream().map(Json::toString).toList()) + "]");
    }

    private Json member(String name, String value) {
        members.add(quoted(name) + ":" + value);
        return this;
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char character : text.toCharArray()) {
            if (character == '"' || character == '\\') {
                quoted.append('\\').append(character);
            } else if (character < ' ') {
                quoted.append(String.format("\\u%04x", (int) character));
            } else {
                quoted.append(character);
            }
        }
        return quoted.append('"').toString();
    }

    @Override
    public String toString() {
        return members.toString();
    }
}
