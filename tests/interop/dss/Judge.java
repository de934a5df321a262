import eu.europa.esig.dss.detailedreport.DetailedReport;
import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.diagnostic.jaxb.XmlDigestMatcher;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.pades.validation.PDFDocumentValidator;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;

/** What DSS says of a signed file by its own default policy. */
final class Judge {
    private Judge() {}

    static String judge(Pki pki, Map<String, String> asked) throws IOException {
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(asked.get("file")));
        List<String> anchors = asked.containsKey("anchors") ? List.of(asked.get("anchors").split(",")) : Pki.ROOTS;
        validator.setCertificateVerifier(asked.containsKey("alone") ? pki.selfSufficient(anchors) : pki.verifier(anchors));
        if (asked.containsKey("content")) {
            validator.setDetachedContents(documents(asked.get("content")));
        }
        if (asked.containsKey("record")) {
            validator.setDetachedEvidenceRecordDocuments(documents(asked.get("record")));
        }
        if (asked.containsKey("password")) {
            ((PDFDocumentValidator) validator).setPasswordProtection(asked.get("password").toCharArray());
        }
        if (asked.containsKey("at")) {
            validator.setValidationTime(Date.from(Instant.ofEpochSecond(Long.parseLong(asked.get("at")))));
        }
        Reports reports = validator.validateDocument();
        List<Json> signatures = reports.getSimpleReport().getSignatureIdList().stream().map(id -> signature(reports, id)).toList();
        List<Json> stamps = reports.getDiagnosticData().getTimestampList().stream()
                .filter(stamp -> reports.getSimpleReport().getTimestampIdList().contains(stamp.getId()))
                .map(stamp -> stamp(reports, stamp)).toList();
        List<Json> records = reports.getSimpleReport().getEvidenceRecordIdList().stream().map(id -> record(reports, id)).toList();
        return new Json().objects("signatures", signatures).objects("timestamps", stamps).objects("records", records).toString();
    }

    /** Files with | between their names. */
    static List<DSSDocument> documents(String files) {
        return Arrays.stream(files.split("\\|")).<DSSDocument>map(FileDocument::new).toList();
    }

    /** An evidence record: its verdict, and those of its time stamps. */
    private static Json record(Reports reports, String id) {
        List<TimestampWrapper> stamps = reports.getDiagnosticData().getEvidenceRecordById(id).getTimestampList();
        boolean intact = reports.getDiagnosticData().getEvidenceRecordById(id).getDigestMatchers().stream()
                .allMatch(XmlDigestMatcher::isDataIntact);
        return token(reports, id)
                .put("intact", intact && stamps.stream().allMatch(Judge::intact))
                .objects("timestamps", stamps.stream().map(stamp -> stamp(reports, stamp)).toList());
    }

    private static Json signature(Reports reports, String id) {
        DiagnosticData data = reports.getDiagnosticData();
        List<TimestampWrapper> stamps = data.getSignatureById(id).getTimestampList();
        return token(reports, id)
                .put("intact", intact(data.getSignatureById(id)))
                .put("level", reports.getSimpleReport().getSignatureFormat(id))
                .objects("timestamps", stamps.stream().map(stamp -> stamp(reports, stamp)).toList());
    }

    /** The value, and everything that it covers, the files behind a manifest included. */
    private static boolean intact(SignatureWrapper signature) {
        return signature.isSignatureIntact()
                && signature.isSignatureValid()
                && signature.getDigestMatchers().stream().allMatch(XmlDigestMatcher::isDataIntact);
    }

    private static boolean intact(TimestampWrapper stamp) {
        return stamp.isSignatureIntact()
                && stamp.isSignatureValid()
                && stamp.getDigestMatchers().stream().allMatch(XmlDigestMatcher::isDataIntact);
    }

    private static Json stamp(Reports reports, TimestampWrapper stamp) {
        return token(reports, stamp.getId()).put("type", stamp.getType()).put("intact", intact(stamp));
    }

    private static Json token(Reports reports, String id) {
        SimpleReport simple = reports.getSimpleReport();
        DetailedReport detailed = reports.getDetailedReport();
        return new Json()
                .put("indication", simple.getIndication(id) == null ? detailed.getFinalIndication(id) : simple.getIndication(id))
                .put("sub_indication", simple.getIndication(id) == null ? detailed.getFinalSubIndication(id) : simple.getSubIndication(id))
                .strings("errors", texts(detailed.getAdESValidationErrors(id)))
                .strings("warnings", texts(detailed.getAdESValidationWarnings(id)));
    }

    private static List<String> texts(List<Message> messages) {
        return messages.stream().map(Message::getValue).toList();
    }
}
