export const { RTCPeerConnection, RTCIceCandidate, RTCSessionDescription } = globalThis;
