// Who holds the phone: fixed persons, so that a conversation is found again, and newcomers.

import { remember } from "./dom.js";

const FIXED = [
  { id: "ba-sau", name: "Bà Sáu", zalo: "2460000000000000601", facebook: "24600000000000601" },
  { id: "anh-tam", name: "Anh Tám", zalo: "2460000000000000802", facebook: "24600000000000802" },
  { id: "chi-lan", name: "Chị Lan", zalo: "2460000000000000703", facebook: "24600000000000703" },
];

const newcomers = remember("newcomers") || [];

export const people = () => [...FIXED, ...newcomers];

export const person = (id) => people().find((one) => one.id === id) || FIXED[0];

export function newcomer() {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => byte % 10).join("");
  const number = newcomers.length + 1;
  const one = {
    id: `moi-${digits}`, name: `Người mới ${number}`, zalo: `246100000${digits}`, facebook: `2461000${digits}`,
  };
  newcomers.push(one);
  remember("newcomers", newcomers);
  return one;
}
