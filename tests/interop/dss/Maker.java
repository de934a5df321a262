import eu.europa.esig.dss.asic.cades.ASiCWithCAdESSignatureParameters;
import eu.europa.esig.dss.asic.cades.signature.ASiCWithCAdESService;
import eu.europa.esig.dss.asic.common.ASiCContainerEvidenceRecordParameters;
import eu.europa.esig.dss.asic.xades.ASiCWithXAdESSignatureParameters;
import eu.europa.esig.dss.asic.xades.signature.ASiCWithXAdESService;
import eu.europa.esig.dss.cades.CAdESSignatureParameters;
import eu.europa.esig.dss.cades.signature.CAdESCounterSignatureParameters;
import eu.europa.esig.dss.cades.signature.CAdESService;
import eu.europa.esig.dss.enumerations.ASiCContainerType;
import eu.europa.esig.dss.enumerations.CertificationPermission;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.enumerations.SignaturePackaging;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.SerializableCounterSignatureParameters;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.ToBeSigned;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.SignatureImageParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.service.http.commons.TimestampDataLoader;
import eu.europa.esig.dss.service.tsp.OnlineTSPSource;
import eu.europa.esig.dss.signature.AbstractSignatureParameters;
import eu.europa.esig.dss.signature.AbstractSignatureService;
import eu.europa.esig.dss.signature.CounterSignatureService;
import eu.europa.esig.dss.signature.DocumentSignatureService;
import eu.europa.esig.dss.signature.MultipleDocumentsSignatureService;
import eu.europa.esig.dss.token.DSSPrivateKeyEntry;
import eu.europa.esig.dss.token.Pkcs12SignatureToken;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.xades.XAdESSignatureParameters;
import eu.europa.esig.dss.xades.signature.XAdESCounterSignatureParameters;
import eu.europa.esig.dss.xades.signature.XAdESService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore.PasswordProtection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Signatures by DSS. Keys: in (files with | between), out, person, level (as DSS calls it), tsa (URL), content (what a
 * detached signature belongs to); for sign also digest, permission, image (of a visible field), packaging, manifest (any
 * value), container (as DSS calls it); for a container with an evidence record also record (a file). A countersignature
 * is one over the first signature that DSS finds in the file.
 */
final class Maker {
    private final Pki pki;
    private final Map<String, String> asked;
    private final List<DSSDocument> documents;

    private Maker(Pki pki, Map<String, String> asked) {
        this.pki = pki;
        this.asked = asked;
        this.documents = Judge.documents(asked.get("in"));
    }

    static String sign(Pki pki, Map<String, String> asked) throws IOException {
        return new Maker(pki, asked).signed();
    }

    static String extend(Pki pki, Map<String, String> asked) throws IOException {
        return new Maker(pki, asked).extended();
    }

    static String countersign(Pki pki, Map<String, String> asked) throws IOException {
        return new Maker(pki, asked).countersigned();
    }

    /** A container around the files, with a record that is there already. */
    static String contain(Pki pki, Map<String, String> asked) throws IOException {
        Maker maker = new Maker(pki, asked);
        ASiCContainerEvidenceRecordParameters parameters = new ASiCContainerEvidenceRecordParameters();
        parameters.setContainerType(ASiCContainerType.valueOf(asked.get("container")));
        DSSDocument record = new FileDocument(asked.get("record"));
        return maker.written(maker.asicWithCades().addContainerEvidenceRecord(maker.documents, record, parameters));
    }

    private String signed() throws IOException {
        switch (form()) {
            case "PAdES":
                return signed(pades(), padesParameters());
            case "CAdES":
                return signed(cades(), cadesParameters(new CAdESSignatureParameters()));
            case "XAdES":
                return signedAll(xades(), xadesParameters(new XAdESSignatureParameters()));
            case "ASiC with CAdES":
                return signedAll(asicWithCades(), asicWithCadesParameters());
            default:
                return signedAll(asicWithXades(), asicWithXadesParameters());
        }
    }

    private String extended() throws IOException {
        switch (form()) {
            case "PAdES":
                return extended(pades(), new PAdESSignatureParameters());
            case "CAdES":
                return extended(cades(), new CAdESSignatureParameters());
            case "XAdES":
                return extended(xades(), new XAdESSignatureParameters());
            case "ASiC with CAdES":
                return extended(asicWithCades(), asicWithCadesParameters());
            default:
                return extended(asicWithXades(), asicWithXadesParameters());
        }
    }

    private String countersigned() throws IOException {
        DSSDocument document = documents.get(0);
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(document);
        validator.setCertificateVerifier(pki.verifier(Pki.FOR_MAKING));
        validator.setDetachedContents(contents());
        String id = validator.getSignatures().get(0).getId();
        switch (form()) {
            case "CAdES":
            case "ASiC with CAdES":
                CAdESCounterSignatureParameters cades = new CAdESCounterSignatureParameters();
                cades.setSignatureIdToCounterSign(id);
                return countersigned(form().equals("CAdES") ? cades() : asicWithCades(), cades);
            default:
                XAdESCounterSignatureParameters xades = new XAdESCounterSignatureParameters();
                xades.setSignatureIdToCounterSign(id);
                return countersigned(form().equals("XAdES") ? xades() : asicWithXades(), xades);
        }
    }

    private String form() {
        String signature = asked.get("level").substring(0, 5);
        return asked.containsKey("container") ? "ASiC with " + signature : signature;
    }

    private <P extends AbstractSignatureParameters<?>> String signed(DocumentSignatureService<P, ?> service, P parameters)
            throws IOException {
        DSSDocument document = documents.get(0);
        return signed(
                parameters, filled -> service.getDataToSign(document, filled), value -> service.signDocument(document, parameters, value));
    }

    private <P extends AbstractSignatureParameters<?>> String signedAll(
            MultipleDocumentsSignatureService<P, ?> service, P parameters) throws IOException {
        return signed(
                parameters, filled -> service.getDataToSign(documents, filled), value -> service.signDocument(documents, parameters, value));
    }

    private <P extends AbstractSignatureParameters<?> & SerializableCounterSignatureParameters>
            String countersigned(CounterSignatureService<P> service, P parameters) throws IOException {
        DSSDocument document = documents.get(0);
        return signed(
                parameters,
                filled -> service.getDataToBeCounterSigned(document, filled),
                value -> service.counterSignSignature(document, parameters, value));
    }

    private <P extends AbstractSignatureParameters<?>> String signed(
            P parameters, Function<P, ToBeSigned> prepare, Function<SignatureValue, DSSDocument> finish) throws IOException {
        Path identity = pki.folder.resolve("people").resolve(asked.get("person")).resolve("identity.p12");
        String passphrase = Files.readString(pki.folder.resolve("passphrase.txt")).strip();
        try (Pkcs12SignatureToken token = new Pkcs12SignatureToken(identity.toFile(), new PasswordProtection(passphrase.toCharArray()))) {
            DSSPrivateKeyEntry key = token.getKeys().get(0);
            parameters.setSigningCertificate(key.getCertificate());
            parameters.setCertificateChain(key.getCertificateChain());
            parameters.setSignatureLevel(SignatureLevel.valueByName(asked.get("level")));
            parameters.setDigestAlgorithm(DigestAlgorithm.forName(asked.getOrDefault("digest", "SHA256")));
            parameters.setDetachedContents(contents());
            SignatureValue value = token.sign(prepare.apply(parameters), parameters.getDigestAlgorithm(), key);
            return written(finish.apply(value));
        }
    }

    private <P extends AbstractSignatureParameters<?>> String extended(DocumentSignatureService<P, ?> service, P parameters)
            throws IOException {
        return written(service.extendDocument(documents.get(0), atLevel(parameters)));
    }

    private <P extends AbstractSignatureParameters<?>> P atLevel(P parameters) {
        parameters.setSignatureLevel(SignatureLevel.valueByName(asked.get("level")));
        parameters.setDetachedContents(contents());
        return parameters;
    }

    private List<DSSDocument> contents() {
        return asked.containsKey("content") ? Judge.documents(asked.get("content")) : List.of();
    }

    private PAdESSignatureParameters padesParameters() {
        PAdESSignatureParameters parameters = new PAdESSignatureParameters();
        if (asked.containsKey("permission")) {
            parameters.setPermission(CertificationPermission.valueOf(asked.get("permission")));
        }
        if (asked.containsKey("image")) {
            SignatureImageParameters image = new SignatureImageParameters();
            image.setImage(new FileDocument(asked.get("image")));
            image.getFieldParameters().setPage(1);
            // From the upper left corner: the foot of an A4 page, where nothing else is.
            image.getFieldParameters().setOriginX(60);
            image.getFieldParameters().setOriginY(720);
            image.getFieldParameters().setWidth(120);
            image.getFieldParameters().setHeight(60);
            parameters.setImageParameters(image);
        }
        return parameters;
    }

    private <P extends CAdESSignatureParameters> P cadesParameters(P parameters) {
        parameters.setSignaturePackaging(packaging());
        return parameters;
    }

    private <P extends XAdESSignatureParameters> P xadesParameters(P parameters) {
        parameters.setSignaturePackaging(packaging());
        parameters.setManifestSignature(asked.containsKey("manifest"));
        return parameters;
    }

    private SignaturePackaging packaging() {
        return SignaturePackaging.valueOf(asked.getOrDefault("packaging", "DETACHED"));
    }

    private ASiCWithCAdESSignatureParameters asicWithCadesParameters() {
        ASiCWithCAdESSignatureParameters parameters = new ASiCWithCAdESSignatureParameters();
        parameters.aSiC().setContainerType(ASiCContainerType.valueOf(asked.get("container")));
        return parameters;
    }

    private ASiCWithXAdESSignatureParameters asicWithXadesParameters() {
        ASiCWithXAdESSignatureParameters parameters = new ASiCWithXAdESSignatureParameters();
        parameters.aSiC().setContainerType(ASiCContainerType.valueOf(asked.get("container")));
        return parameters;
    }

    private PAdESService pades() throws IOException {
        return stamping(new PAdESService(pki.verifier(Pki.FOR_MAKING)));
    }

    private CAdESService cades() throws IOException {
        return stamping(new CAdESService(pki.verifier(Pki.FOR_MAKING)));
    }

    private XAdESService xades() throws IOException {
        return stamping(new XAdESService(pki.verifier(Pki.FOR_MAKING)));
    }

    private ASiCWithCAdESService asicWithCades() throws IOException {
        return stamping(new ASiCWithCAdESService(pki.verifier(Pki.FOR_MAKING)));
    }

    private ASiCWithXAdESService asicWithXades() throws IOException {
        return stamping(new ASiCWithXAdESService(pki.verifier(Pki.FOR_MAKING)));
    }

    private <S extends AbstractSignatureService<?, ?>> S stamping(S service) {
        service.setTspSource(new OnlineTSPSource(asked.get("tsa"), new TimestampDataLoader()));
        return service;
    }

    private String written(DSSDocument document) throws IOException {
        document.save(asked.get("out"));
        return new Json().put("out", asked.get("out")).toString();
    }
}
