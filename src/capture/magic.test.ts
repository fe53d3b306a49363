import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { data } from '../../test/support/needs.ts';
import { isImageFormat, isMedia, isUpdateImage, magicOf } from './magic.ts';

const magic = (bytes: Uint8Array) => magicOf(bytes, 0, Math.min(bytes.length, 512));

describe('the first bytes tell', () => {
  it.each([
    ['27051956', 'uimage'],
    ['d00dfeed', 'fit'],
    ['68737173', 'squashfs'],
    ['73717368', 'squashfs'],
    ['7f454c46', 'elf'],
    ['48445230', 'trx'],
    ['55424923', 'ubi'],
    ['851901e0', 'jffs2'],
    ['1985e002', 'jffs2'],
    ['453dcd28', 'cramfs'],
    ['414e44524f494421', 'android_boot'],
    ['e904021000f60740', 'esp'],
    ['446675536501', 'dfu'],
    ['1f8b0800', 'gzip'],
    ['504b0304', 'zip'],
    ['fd377a585a00', 'xz'],
    ['377abcaf271c', '7z'],
  ])('%s: %s', (hex, expected) => {
    expect(magic(Buffer.from(hex, 'hex'))).toBe(expected);
  });

  it('tar by what stands further in', () => {
    const tar = Buffer.alloc(512);
    tar.write('ustar', 257);
    expect(magic(tar)).toBe('tar');
  });

  it('Intel HEX and S-records by a whole first record', () => {
    expect(magic(Buffer.from(':020000040000FA\n'))).toBe('intel_hex');
    expect(magic(Buffer.from(':020000040000FB\n'))).toBeUndefined();
    expect(magic(Buffer.from(':) hello there\n'))).toBeUndefined();
    expect(magic(Buffer.from('S00F000068656C6C6F202020202000003C\n'))).toBe('srec');
  });

  it('where two bytes agree, the rest decides', () => {
    for (const hex of [
      '85190000',
      '19850000',
      'e9000000000000',
      'e9ff000000000040',
      'e904020000000099',
    ])
      expect(magic(Buffer.from(hex, 'hex')), hex).toBeUndefined();
  });

  it('nothing of noise, nearly always, and never throws', () => {
    let known = 0;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        if (magic(bytes)) known++;
      }),
      { numRuns: 5_000 },
    );
    expect(known).toBeLessThan(5);
  });
});

describe('an update image', () => {
  it('is what is firmware by itself, whatever it is called', () => {
    expect(isUpdateImage('squashfs', '/a', 'text/plain')).toBe(true);
    expect(isImageFormat('uimage')).toBe(true);
    expect(isImageFormat('zip')).toBe(false);
  });

  it('is an archive that is named or typed like one', () => {
    expect(isUpdateImage('zip', '/theme.zip', undefined)).toBe(false);
    expect(isUpdateImage('gzip', '/cam/firmware-2.1.tar.gz', undefined)).toBe(true);
    expect(isUpdateImage('zip', '/a', 'application/x-firmware')).toBe(true);
  });

  it('is what nobody knows, if its name says so', () => {
    expect(isUpdateImage(undefined, '/fw/v2.bin?x=1', 'application/octet-stream')).toBe(true);
    expect(isUpdateImage(undefined, '/a.dfu', undefined)).toBe(true);
    expect(isUpdateImage(undefined, '/video.bin', 'video/mp4')).toBe(false);
    expect(isUpdateImage(undefined, '/a.js', undefined)).toBe(false);
    expect(isUpdateImage('jpeg', '/a.img', undefined)).toBe(false);
  });

  it('is nothing to watch or to read', () => {
    expect(isMedia('jpeg', undefined)).toBe(true);
    expect(isMedia(undefined, 'text/css')).toBe(true);
    expect(isMedia('squashfs', 'text/plain')).toBe(false);
    expect(isMedia(undefined, undefined)).toBe(false);
  });
});

const samples = data('firmware-samples');
describe('firmware samples', samples, () => {
  it.each([
    ['binwalk/squashfs.bin', 'squashfs'],
    ['binwalk/squashfs_v2.bin', 'squashfs'],
    ['binwalk/7z.bin', '7z'],
    ['binwalk/zip.bin', 'zip'],
    ['binwalk/gzip.bin', 'gzip'],
    ['binwalk/bzip2.bin', 'bzip2'],
    ['binwalk/jpeg.bin', 'jpeg'],
    ['binwalk/pdf.bin', 'pdf'],
    ['binwalk/arcadyan.bin', undefined],
    ['binwalk/mbr.bin', undefined],
    ['debian/firmware-microbit-micropython/firmware.hex', 'intel_hex'],
    ['debian/firmware-tomu/toboot.ihex', 'intel_hex'],
    ['debian/firmware-tomu/toboot.elf', 'elf'],
    ['debian/firmware-tomu/toboot.bin', undefined],
    ['debian/hackrf-firmware/hackrf_one_usb.bin', undefined],
    ['esptool/images/bootloader_esp32.bin', 'esp'],
    ['esptool/images/bootloader_esp8266.bin', 'esp'],
    ['esptool/images/esp8266_deepsleep.bin', 'esp'],
    ['esptool/images/ram_helloworld/helloworld-esp32c6.bin', 'esp'],
    ['esptool/images/ram_helloworld/helloworld-esp32p4.bin', 'esp'],
    ['esptool/images/zerolength.bin', undefined],
    ['esptool/elf2image/esp32-zephyr.elf', 'elf'],
    ['esptool/secure_images/hello-world-signed.bin', 'esp'],
    ['esptool/secure_images/bootloader-encrypted.bin', undefined],
    ['esptool/secure_images/hello-world-signed-encrypted.bin', undefined],
  ])('%s: %s', (name, expected) => {
    expect(magic(readFileSync(join(samples.path, name)))).toBe(expected);
  });
});
