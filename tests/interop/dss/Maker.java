import eu.europa.esig.dss.cades.CAdESSignatureParameters;
import eu.europa.esig.dss.cades.signature.CAdESService;
import eu.europa.esig.dss.enumerations.CertificationPermission;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.enumerations.SignaturePackaging;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.SignatureImageParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.service.http.commons.TimestampDataLoader;
import eu.europa.esig.dss.service.tsp.OnlineTSPSource;
import eu.europa.esig.dss.signature.AbstractSignatureParameters;
import eu.europa.esig.dss.signature.DocumentSignatureService;
import eu.europa.esig.dss.token.DSSPrivateKeyEntry;
import eu.europa.esig.dss.token.Pkcs12SignatureToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore.PasswordProtection;
import java.util.Map;

/**
 * Signatures by DSS. Keys: in, out, person, level (as DSS calls it), tsa (URL); for sign also digest, permission,
 * image (of a visible field), packaging.
 */
final class Maker {
    private Maker() {}

    static String sign(Pki pki, Map<String, String> asked) throws IOException {
        return isPades(asked)
                ? signed(pki, asked, pades(pki, asked), padesParameters(asked))
                : signed(pki, asked, cades(pki, asked), cadesParameters(asked));
    }

    static String extend(Pki pki, Map<String, String> asked) throws IOException {
        DSSDocument document = new FileDocument(asked.get("in"));
        if (isPades(asked)) {
            PAdESSignatureParameters parameters = new PAdESSignatureParameters();
            parameters.setSignatureLevel(SignatureLevel.valueByName(asked.get("level")));
            return written(pades(pki, asked).extendDocument(document, parameters), asked);
        }
        CAdESSignatureParameters parameters = new CAdESSignatureParameters();
        parameters.setSignatureLevel(SignatureLevel.valueByName(asked.get("level")));
        return written(cades(pki, asked).extendDocument(document, parameters), asked);
    }

    private static <P extends AbstractSignatureParameters<?>> String signed(
            Pki pki, Map<String, String> asked, DocumentSignatureService<P, ?> service, P parameters) throws IOException {
        Path identity = pki.folder.resolve("people").resolve(asked.get("person")).resolve("identity.p12");
        String passphrase = Files.readString(pki.folder.resolve("passphrase.txt")).strip();
        DSSDocument document = new FileDocument(asked.get("in"));
        try (Pkcs12SignatureToken token = new Pkcs12SignatureToken(identity.toFile(), new PasswordProtection(passphrase.toCharArray()))) {
            DSSPrivateKeyEntry key = token.getKeys().get(0);
            parameters.setSigningCertificate(key.getCertificate());
            parameters.setCertificateChain(key.getCertificateChain());
            parameters.setSignatureLevel(SignatureLevel.valueByName(asked.get("level")));
            parameters.setDigestAlgorithm(DigestAlgorithm.forName(asked.getOrDefault("digest", "SHA256")));
            return written(
                    service.signDocument(
                            document, parameters, token.sign(service.getDataToSign(document, parameters), parameters.getDigestAlgorithm(), key)),
                    asked);
        }
    }

    private static boolean isPades(Map<String, String> asked) {
        return asked.get("level").startsWith("PAdES");
    }

    private static PAdESSignatureParameters padesParameters(Map<String, String> asked) {
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

    private static CAdESSignatureParameters cadesParameters(Map<String, String> asked) {
        CAdESSignatureParameters parameters = new CAdESSignatureParameters();
        parameters.setSignaturePackaging(SignaturePackaging.valueOf(asked.getOrDefault("packaging", "DETACHED")));
        return parameters;
    }

    private static PAdESService pades(Pki pki, Map<String, String> asked) throws IOException {
        PAdESService service = new PAdESService(pki.verifier(Pki.FOR_MAKING));
        service.setTspSource(authority(asked));
        return service;
    }

    private static CAdESService cades(Pki pki, Map<String, String> asked) throws IOException {
        CAdESService service = new CAdESService(pki.verifier(Pki.FOR_MAKING));
        service.setTspSource(authority(asked));
        return service;
    }

    private static OnlineTSPSource authority(Map<String, String> asked) {
        return new OnlineTSPSource(asked.get("tsa"), new TimestampDataLoader());
    }

    private static String written(DSSDocument document, Map<String, String> asked) throws IOException {
        document.save(asked.get("out"));
        return new Json().put("out", asked.get("out")).toString();
    }
}
