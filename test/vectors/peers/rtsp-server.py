# Streams of a test picture and tone: open, behind Basic and Digest, and encrypted (SAVP).
import gi

gi.require_version("GstRtspServer", "1.0")
gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer

Gst.init(None)
PICTURE = (
    "( videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=5/1,format=I420 ! jpegenc ! rtpjpegpay name=pay0 pt=26 "
    "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1,format=S16LE ! mulawenc ! rtppcmupay name=pay1 pt=0 )"
)


def server(port, auth=None, profile=None):
    made = GstRtspServer.RTSPServer(service=str(port), address="10.9.0.1")
    factory = GstRtspServer.RTSPMediaFactory(launch=PICTURE, shared=True)
    if profile:
        factory.set_profiles(profile)
    if auth is not None:
        guard = GstRtspServer.RTSPAuth()
        guard.set_supported_methods(auth)
        token = GstRtspServer.RTSPToken.new()
        token.set_string("media.factory.role", "user")
        if auth == GstRtsp.RTSPAuthMethod.BASIC:
            guard.add_basic(GstRtspServer.RTSPAuth.make_basic("admin", "12345"), token)
        else:
            guard.add_digest("admin", "12345", token)
        made.set_auth(guard)
        roles = GstRtspServer.RTSPPermissions.new()
        roles.add_permission_for_role("user", "media.factory.access", True)
        roles.add_permission_for_role("user", "media.factory.construct", True)
        factory.set_permissions(roles)
    made.get_mount_points().add_factory("/live", factory)
    made.attach(None)
    return made


servers = [
    server(8554),
    server(8555, GstRtsp.RTSPAuthMethod.BASIC),
    server(8556, GstRtsp.RTSPAuthMethod.DIGEST),
    server(8557, profile=GstRtsp.RTSPProfile.SAVP),
]
GLib.MainLoop().run()
