// webtorrent names react-native-webrtc for phones; nothing here runs on one.
