import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * EU DSS, kept warm: each line of stdin asks (KEY=VALUE, separated by tabs), one line of JSON answers.
 *
 * <p>do=verify: file; content (of a detached signature: files with | between), record (evidence record over the file),
 * password, anchors (names of authorities, with commas), alone (nothing but the anchors is at hand), at (seconds since
 * 1970; now without).
 * do=sign, extend, countersign, contain: see {@link Maker}. do=records, make-records: see {@link Records}. do=archival,
 * make-archival: see {@link Archival}.
 */
public final class Peer {
    private Peer() {}

    /** The only argument is the folder of the test PKI. */
    public static void main(String[] arguments) throws Exception {
        Path pki = Path.of(arguments[0]);
        PrintStream answers = System.out;
        // Whatever a library prints must not stand between two answers.
        System.setOut(System.err);
        Pki trust = new Pki(pki);
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            answers.println(answer(trust, fields(line)));
            answers.flush();
        }
    }

    private static String answer(Pki pki, Map<String, String> asked) {
        try {
            switch (asked.get("do")) {
                case "verify":
                    return Judge.judge(pki, asked);
                case "sign":
                    return Maker.sign(pki, asked);
                case "extend":
                    return Maker.extend(pki, asked);
                case "countersign":
                    return Maker.countersign(pki, asked);
                case "contain":
                    return Maker.contain(pki, asked);
                case "records":
                    return Records.judge(asked);
                case "make-records":
                    return Records.make(asked);
                case "archival":
                    return Archival.judge(asked);
                case "make-archival":
                    return Archival.make(asked);
                default:
                    throw new IllegalArgumentException("nothing known to do");
            }
        } catch (Throwable error) {
            // An exception is DSS's answer, too.
            return new Json().put("error", error.getClass().getSimpleName() + ": " + error.getMessage()).toString();
        }
    }

    private static Map<String, String> fields(String line) {
        Map<String, String> fields = new HashMap<>();
        for (String field : line.split("\t")) {
            int equals = field.indexOf('=');
            fields.put(field.substring(0, equals), field.substring(equals + 1));
        }
        return fields;
    }
}
