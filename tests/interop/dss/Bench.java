import eu.europa.esig.dss.asic.cades.ASiCWithCAdESSignatureParameters;
import eu.europa.esig.dss.asic.cades.signature.ASiCWithCAdESService;
import eu.europa.esig.dss.asic.xades.ASiCWithXAdESSignatureParameters;
import eu.europa.esig.dss.asic.xades.signature.ASiCWithXAdESService;
import eu.europa.esig.dss.cades.CAdESSignatureParameters;
import eu.europa.esig.dss.cades.signature.CAdESService;
import eu.europa.esig.dss.enumerations.ASiCContainerType;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.enumerations.SignaturePackaging;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.InMemoryDocument;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.ToBeSigned;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.service.crl.OnlineCRLSource;
import eu.europa.esig.dss.service.http.commons.CommonsDataLoader;
import eu.europa.esig.dss.service.http.commons.TimestampDataLoader;
import eu.europa.esig.dss.service.tsp.OnlineTSPSource;
import eu.europa.esig.dss.signature.AbstractSignatureParameters;
import eu.europa.esig.dss.signature.AbstractSignatureService;
import eu.europa.esig.dss.signature.DocumentSignatureService;
import eu.europa.esig.dss.signature.MultipleDocumentsSignatureService;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.token.DSSPrivateKeyEntry;
import eu.europa.esig.dss.token.Pkcs12SignatureToken;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.timestamp.DetachedTimestampValidator;
import eu.europa.esig.dss.xades.XAdESSignatureParameters;
import eu.europa.esig.dss.xades.signature.XAdESService;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore.PasswordProtection;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * EU DSS for `make bench`, kept warm: each line of stdin is an operation, its words apart by tabs, carried out once; one
 * line of JSON answers with its time on the wall and on processors, those that compile and collect garbage included.
 *
 * <p>The operations are those of hsign-bench that a peer can do. Keys, certificates and the verifier are made once, and
 * each revocation list is fetched once. What does not pass is a failure.
 */
public final class Bench {
    private static final DigestAlgorithm DIGEST = DigestAlgorithm.SHA256;

    private final CommonCertificateVerifier verifier;
    private final OnlineTSPSource authority;
    private final Pkcs12SignatureToken token;
    private final DSSPrivateKeyEntry key;
    private final Map<String, DSSDocument> signed = new HashMap<>();

    /** The folder of the test PKI, the URL of its time-stamp authority, and who signs. */
    public static void main(String[] arguments) throws Exception {
        PrintStream answers = System.out;
        // Whatever a library prints must not stand between two answers.
        System.setOut(System.err);
        Bench bench = new Bench(Path.of(arguments[0]), arguments[1], arguments[2]);
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            answers.println(bench.answer(line.split("\t")));
            answers.flush();
        }
    }

    private Bench(Path pki, String tsa, String person) throws IOException {
        verifier = new Pki(pki).verifier(Pki.FOR_MAKING);
        verifier.setCrlSource(new OnlineCRLSource(new OnceLoader()));
        authority = new OnlineTSPSource(tsa, new TimestampDataLoader());
        String passphrase = Files.readString(pki.resolve("passphrase.txt")).strip();
        Path identity = pki.resolve("people").resolve(person).resolve("identity.p12");
        token = new Pkcs12SignatureToken(identity.toFile(), new PasswordProtection(passphrase.toCharArray()));
        key = token.getKeys().get(0);
    }

    private String answer(String[] words) {
        try {
            return timed(words);
        } catch (Throwable error) {
            // Memory that doesn't suffice is an answer, too.
            return new Json().put("error", error.getClass().getSimpleName() + ": " + error.getMessage()).toString();
        }
    }

    private String timed(String[] words) throws IOException {
        if (words[0].equals("peak")) {
            return "{\"peak_kib\": " + peak() + "}";
        }
        long wall = System.nanoTime();
        long cpu = processorTime();
        long work = done(words);
        double wallMs = (System.nanoTime() - wall) / 1e6;
        double cpuMs = (processorTime() - cpu) / 1e6;
        return String.format("{\"work\": %d, \"ms\": %.4f, \"cpu_ms\": %.4f}", work, wallMs, cpuMs);
    }

    /** How much was done: bytes, or files. */
    private long done(String[] words) throws IOException {
        switch (words[0]) {
            case "sign":
                return sign(words[1], Path.of(words[2]));
            case "verify":
                return verify(signed.get(words[1]), List.of());
            case "extend":
                return length(pades().extendDocument(signed.get(words[1]), atLevel(new PAdESSignatureParameters(), "PAdES", words[1])));
            case "file-sign":
                return signAs("pades", words[1], words[2], List.of(), words[3]);
            case "file-verify":
                return verify(new FileDocument(words[1]), List.of());
            case "detached-verify":
                return verify(new FileDocument(words[1]), files(words, 2));
            case "files-verify":
                return verifyAll(Path.of(words[1]), Integer.parseInt(words[2]), Integer.parseInt(words[3]));
            case "sign-as":
                return signAs(words[1], words[2], words[4], files(words, 4), words[3]);
            case "token-verify":
                return verifyToken(words[1], words[2]);
            default:
                throw new IllegalArgumentException("unknown operation " + words[0]);
        }
    }

    private long sign(String level, Path file) throws IOException {
        DSSDocument document = new InMemoryDocument(Files.readAllBytes(file), "document.pdf");
        DSSDocument result = pades(document, level);
        signed.put(level, result);
        return length(result);
    }

    private long signAs(String form, String level, String first, List<DSSDocument> all, String out) throws IOException {
        DSSDocument document = new FileDocument(first);
        DSSDocument result;
        switch (form) {
            case "pades":
                result = pades(document, level);
                break;
            case "cades-detached":
                result = cades(document, level);
                break;
            case "xades-enveloped":
                result = xades(document, level);
                break;
            case "asic-e-cades":
                result = asicWithCades(all, level);
                break;
            case "asic-e-xades":
                result = asicWithXades(all, level);
                break;
            default:
                throw new IllegalArgumentException("unknown form " + form);
        }
        result.save(out);
        return Files.size(Path.of(out));
    }

    private DSSDocument pades(DSSDocument document, String level) {
        return signed(pades(), document, filled(new PAdESSignatureParameters(), "PAdES", level));
    }

    private PAdESService pades() {
        return stamping(new PAdESService(verifier));
    }

    private DSSDocument cades(DSSDocument document, String level) {
        CAdESSignatureParameters parameters = filled(new CAdESSignatureParameters(), "CAdES", level);
        parameters.setSignaturePackaging(SignaturePackaging.DETACHED);
        return signed(stamping(new CAdESService(verifier)), document, parameters);
    }

    private DSSDocument xades(DSSDocument document, String level) {
        XAdESSignatureParameters parameters = filled(new XAdESSignatureParameters(), "XAdES", level);
        parameters.setSignaturePackaging(SignaturePackaging.ENVELOPED);
        return signed(stamping(new XAdESService(verifier)), document, parameters);
    }

    private DSSDocument asicWithCades(List<DSSDocument> documents, String level) {
        ASiCWithCAdESSignatureParameters parameters = filled(new ASiCWithCAdESSignatureParameters(), "CAdES", level);
        parameters.aSiC().setContainerType(ASiCContainerType.ASiC_E);
        return signedAll(stamping(new ASiCWithCAdESService(verifier)), documents, parameters);
    }

    private DSSDocument asicWithXades(List<DSSDocument> documents, String level) {
        ASiCWithXAdESSignatureParameters parameters = filled(new ASiCWithXAdESSignatureParameters(), "XAdES", level);
        parameters.aSiC().setContainerType(ASiCContainerType.ASiC_E);
        return signedAll(stamping(new ASiCWithXAdESService(verifier)), documents, parameters);
    }

    private <S extends AbstractSignatureService<?, ?>> S stamping(S service) {
        service.setTspSource(authority);
        return service;
    }

    private <P extends AbstractSignatureParameters<?>> DSSDocument signed(
            DocumentSignatureService<P, ?> service, DSSDocument document, P parameters) {
        return service.signDocument(document, parameters, value(service.getDataToSign(document, parameters)));
    }

    private <P extends AbstractSignatureParameters<?>> DSSDocument signedAll(
            MultipleDocumentsSignatureService<P, ?> service, List<DSSDocument> documents, P parameters) {
        return service.signDocument(documents, parameters, value(service.getDataToSign(documents, parameters)));
    }

    private SignatureValue value(ToBeSigned data) {
        return token.sign(data, DIGEST, key);
    }

    private <P extends AbstractSignatureParameters<?>> P filled(P parameters, String form, String level) {
        parameters.setSigningCertificate(key.getCertificate());
        parameters.setCertificateChain(key.getCertificateChain());
        parameters.setDigestAlgorithm(DIGEST);
        return atLevel(parameters, form, level);
    }

    /** A level as hsign calls it: B-LTA. */
    private static <P extends AbstractSignatureParameters<?>> P atLevel(P parameters, String form, String level) {
        parameters.setSignatureLevel(SignatureLevel.valueByName(form + "-BASELINE-" + level.substring(2)));
        return parameters;
    }

    private long verify(DSSDocument document, List<DSSDocument> contents) throws IOException {
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(document);
        validator.setCertificateVerifier(verifier);
        validator.setDetachedContents(contents);
        SimpleReport report = validator.validateDocument().getSimpleReport();
        if (report.getSignaturesCount() == 0 || report.getValidSignaturesCount() != report.getSignaturesCount()) {
            throw new IllegalStateException("DSS does not find the signature valid");
        }
        long beside = 0;
        for (DSSDocument content : contents) {
            beside += length(content);
        }
        return length(document) + beside;
    }

    private long verifyAll(Path folder, int from, int to) throws IOException {
        for (int number = from; number < to; number++) {
            verify(new FileDocument(folder.resolve(number + ".pdf").toFile()), List.of());
        }
        return to - from;
    }

    private long verifyToken(String file, String content) throws IOException {
        DetachedTimestampValidator validator = new DetachedTimestampValidator(new FileDocument(file));
        validator.setCertificateVerifier(verifier);
        validator.setTimestampedData(new FileDocument(content));
        SimpleReport report = validator.validateDocument().getSimpleReport();
        List<String> ids = report.getTimestampIdList();
        if (ids.size() != 1 || !report.isValid(ids.get(0))) {
            throw new IllegalStateException("DSS does not find the time stamp valid");
        }
        return Files.size(Path.of(content));
    }

    private static List<DSSDocument> files(String[] words, int first) {
        return Arrays.stream(words).skip(first).<DSSDocument>map(FileDocument::new).toList();
    }

    private static long length(DSSDocument document) throws IOException {
        if (document instanceof FileDocument) {
            return ((FileDocument) document).getFile().length();
        }
        try (var stream = document.openStream()) {
            return stream.skip(Long.MAX_VALUE);
        }
    }

    private static long processorTime() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static long peak() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            String line = lines.filter(one -> one.startsWith("VmHWM:")).findFirst().orElseThrow();
            return Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
    }

    /** Asks the test PKI for each list once. */
    private static final class OnceLoader extends CommonsDataLoader {
        private static final long serialVersionUID = 1;
        private final transient Map<String, byte[]> known = new HashMap<>();

        @Override
        public byte[] get(String url) {
            return known.computeIfAbsent(url, super::get);
        }
    }
}
